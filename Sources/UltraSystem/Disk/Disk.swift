internal import CSystemd
internal import Glibc
internal import Synchronization

/// The daemon's other isolation domain: what may wait for a disk runs on the thread of `DiskThread.shared`.
///
/// The loop never waits for it but at the start and at the end: it awaits, or hands work over and goes on.
@globalActor
package actor Disk {
    package static let shared = Disk()

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        DiskThread.shared.asUnownedSerialExecutor()
    }

    /// See `Loop.assumeIsolated`.
    static func assumeIsolated<Result>(_ body: @Disk () -> Result) -> Result {
        DiskThread.shared.checkIsolated()
        typealias Isolated = @Disk () -> Result
        typealias Plain = () -> Result
        return withoutActuallyEscaping(body) { (isolated: @escaping Isolated) -> Result in
            unsafeBitCast(isolated, to: Plain.self)()
        }
    }

    /// Runs `body` there, after what was handed over before.
    package static func perform(_ body: @escaping @Disk @Sendable () -> Void) {
        DiskThread.shared.perform(body)
    }

    /// Runs `body` there, after what was handed over before, and returns what it brings.
    @Disk
    package static func run<Result: Sendable>(_ body: @Disk @Sendable () -> Result) -> Result {
        body()
    }

    /// Runs `body` there and blocks the caller until it is done: for the start and the end of a process.
    /// - Returns: nil, it takes longer than `patience`; it is done all the same.
    package static func wait<Result: Sendable>(
        atMost patience: Duration, _ body: @escaping @Disk @Sendable () -> Result
    ) -> Result? {
        let answer = Answer<Result>()
        perform { answer.give(body()) }
        return answer.take(within: patience)
    }

    private final class Answer<Value: Sendable>: Sendable {
        private let value = Mutex<Value?>(nil)
        private let ready: CInt = eventfd(0, CInt(EFD_CLOEXEC))

        deinit {
            if ready >= 0 { close(ready) }
        }

        func give(_ value: Value) {
            self.value.withLock { $0 = value }
            var one: UInt64 = 1
            _ = write(ready, &one, MemoryLayout<UInt64>.size)
        }

        func take(within patience: Duration) -> Value? {
            let deadline = EventLoop.now + UInt64(max(0, patience.nanoseconds))
            var wait = pollfd(fd: ready, events: Int16(POLLIN), revents: 0)
            while true {
                let now = EventLoop.now
                let left = now < deadline ? (deadline - now) / 1_000_000 : 0
                // Where there was no descriptor for it, nothing wakes: poll(2) passes over a negative one.
                let slice = ready < 0 ? min(left, 10) : left
                if poll(&wait, 1, CInt(clamping: slice)) > 0 || left == 0 { break }
                if ready < 0, let value = value.withLock({ $0 }) { return value }
            }
            return value.withLock { $0 }
        }
    }
}
