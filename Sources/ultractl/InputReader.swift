import Glibc

/// Reads a descriptor piece by piece, and waits for it no longer than it may.
struct InputReader {
    /// As messages call it.
    let name: String
    /// What is left of the time limit: only waiting is counted. `nil`: no limit.
    private(set) var timeLeft: Duration?
    private let timeLimit: Duration?
    private let descriptor: Int32
    private var chunk = [UInt8](repeating: 0, count: 64 * 1024)

    /// - Parameter timeLimit: how long all calls of `read()` together may wait; `nil`: no limit.
    init(name: String = "standard input", descriptor: Int32 = STDIN_FILENO, timeLimit: Duration? = nil) {
        self.name = name
        self.descriptor = descriptor
        self.timeLimit = timeLimit
        timeLeft = timeLimit
    }

    /// The next bytes; none at the end.
    ///
    /// - Throws: `.usage` if it cannot be read, `.inputTimedOut`.
    mutating func read() throws(Failure) -> ArraySlice<UInt8> {
        while true {
            try wait()
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count >= 0 { return chunk[..<count] }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Another program made the open file nonblocking.
                var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                poll(&ready, 1, timeLeft?.pollMilliseconds ?? -1)
            default: throw .usage("\(name): \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Waits until there is something to read, if there is a limit.
    private mutating func wait() throws(Failure) {
        guard let timeLimit, let left = timeLeft else { return }
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, 0) == 0 else { return }
        let start = ContinuousClock.now
        poll(&ready, 1, left.pollMilliseconds)
        let rest = left - start.duration(to: .now)
        timeLeft = max(.milliseconds(1), rest)
        if ready.revents == 0, rest <= .zero { throw .inputTimedOut(timeLimit) }
    }
}
