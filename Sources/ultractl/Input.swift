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

/// The bytes of a file or of standard input.
struct InputFile {
    /// More than this cannot be sent anyway: the longest frame.
    private static let limitBytes = 16 * 1024 * 1024

    /// As the user wrote it, or `standard input`.
    let name: String
    let bytes: [UInt8]

    /// - Throws: `.usage` if there is no such file, it cannot be read, or it is over 16 MiB.
    init(path: String) throws(Failure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .usage("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var input = InputReader(name: path, descriptor: descriptor)
        try self.init(name: path) { () throws(Failure) in try input.read() }
    }

    /// Reads standard input to its end.
    ///
    /// - Parameter timeLimit: how long to wait for it; what was spent is taken off. `nil`: no limit.
    /// - Throws: `.usage`, `.inputTimedOut`.
    static func standardInput(within timeLimit: inout Duration?) throws(Failure) -> InputFile {
        var input = InputReader(timeLimit: timeLimit)
        let file = try InputFile(name: input.name) { () throws(Failure) in try input.read() }
        timeLimit = input.timeLeft
        return file
    }

    private init(name: String, read: () throws(Failure) -> ArraySlice<UInt8>) throws(Failure) {
        var bytes: [UInt8] = []
        while true {
            let chunk = try read()
            guard !chunk.isEmpty else { break }
            bytes += chunk
            guard bytes.count <= Self.limitBytes else { throw .usage("\(name): longer than 16 MiB") }
        }
        self.name = name
        self.bytes = bytes
    }

    /// The text, if it is UTF-8 without NUL.
    var text: String? {
        bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    /// The media type of an image that providers take, told by its first bytes.
    var imageType: String? {
        func starts(with magic: [UInt8], at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: magic) }
        if starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
        if starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if starts(with: Array("GIF87a".utf8)) || starts(with: Array("GIF89a".utf8)) { return "image/gif" }
        if starts(with: Array("RIFF".utf8)), starts(with: Array("WEBP".utf8), at: 8) { return "image/webp" }
        return nil
    }

    /// The last part of the path.
    var lastComponent: String {
        name.split(separator: "/").last.map(String.init) ?? name
    }
}

/// The lines of standard input as they come; one that ends in a backslash goes on in the next.
struct InputLines {
    /// A longer line cannot be sent anyway: the longest frame.
    private static let limitBytes = 16 * 1024 * 1024

    private let timeLimit: Duration?
    private var input: InputReader
    private var bytes: [UInt8] = []
    private var isAtEnd = false

    /// - Parameter timeLimit: how long one line may be waited for; `nil`: no limit.
    init(timeLimit: Duration?) {
        self.timeLimit = timeLimit
        input = InputReader(timeLimit: timeLimit)
    }

    /// The next line without its end; `nil`: there is none.
    mutating func next() throws(Failure) -> String? {
        input = InputReader(timeLimit: timeLimit)
        guard var line = try nextPart() else { return nil }
        while line.last == UInt8(ascii: "\\"), let more = try nextPart() {
            line[line.count - 1] = UInt8(ascii: "\n")
            line += more
        }
        guard let text = String(validating: line, as: UTF8.self) else {
            throw .usage("standard input is not UTF-8 text")
        }
        return text
    }

    private mutating func nextPart() throws(Failure) -> [UInt8]? {
        while true {
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                defer { bytes.removeFirst(end + 1) }
                return Array(bytes[..<end].last == UInt8(ascii: "\r") ? bytes[..<(end - 1)] : bytes[..<end])
            }
            guard !isAtEnd else {
                defer { bytes = [] }
                return bytes.isEmpty ? nil : bytes
            }
            guard bytes.count <= Self.limitBytes else { throw .usage("a line of standard input is over 16 MiB") }
            let chunk = try input.read()
            bytes += chunk
            isAtEnd = chunk.isEmpty
        }
    }
}
