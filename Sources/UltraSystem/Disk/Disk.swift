internal import CSystemd
internal import Glibc
internal import Synchronization

/// The isolation domain for blocking work: `@Disk` code runs on the thread of `DiskThread.shared`.
///
/// Except at startup and shutdown, the loop never blocks on it: it either awaits, or hands work over and continues.
@globalActor
package actor Disk {
    package static let shared = Disk()

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        DiskThread.shared.asUnownedSerialExecutor()
    }

    /// Runs `body` in the isolation of the current thread, which must be the disk thread. See `Loop.assumeIsolated`.
    static func assumeIsolated<Result>(_ body: @Disk () -> Result) -> Result {
        DiskThread.shared.checkIsolated()
        typealias Isolated = @Disk () -> Result
        typealias Plain = () -> Result
        return withoutActuallyEscaping(body) { (isolated: @escaping Isolated) -> Result in
            unsafeBitCast(isolated, to: Plain.self)()
        }
    }

    /// Queues `body` on the disk thread and returns at once. Work runs in the order it was queued. Callable from any
    /// thread.
    package static func perform(_ body: @escaping @Disk @Sendable () -> Void) {
        DiskThread.shared.perform(body)
    }

    /// Runs `body` on the disk thread, after all work queued before, and returns its result.
    @Disk
    package static func run<Result: Sendable>(_ body: @Disk @Sendable () -> Result) -> Result {
        body()
    }

    /// Runs `body` on the disk thread and blocks the calling thread until it is done: for startup and shutdown only.
    /// - Returns: nil if it takes longer than `patience`; `body` still completes later.
    package static func wait<Result: Sendable>(
        atMost patience: Duration, _ body: @escaping @Disk @Sendable () -> Result
    ) -> Result? {
        let outcome = Outcome<Result>()
        perform { outcome.set(body()) }
        return outcome.wait(atMost: patience)
    }

    /// One value that the disk thread hands to a blocked thread.
    private final class Outcome<Value: Sendable>: Sendable {
        private let value = Mutex<Value?>(nil)
        private let ready: CInt = eventfd(0, CInt(EFD_CLOEXEC))

        deinit {
            if ready >= 0 { close(ready) }
        }

        func set(_ value: Value) {
            self.value.withLock { $0 = value }
            var one: UInt64 = 1
            _ = write(ready, &one, MemoryLayout<UInt64>.size)
        }

        /// nil if no value was set within `patience`.
        func wait(atMost patience: Duration) -> Value? {
            let deadline = EventLoop.now + UInt64(max(0, patience.nanoseconds))
            var polled = pollfd(fd: ready, events: Int16(POLLIN), revents: 0)
            while true {
                let now = EventLoop.now
                let left = now < deadline ? (deadline - now) / 1_000_000 : 0
                // Without an eventfd nothing wakes poll(2), which ignores a negative descriptor: check every 10 ms.
                let slice = ready < 0 ? min(left, 10) : left
                if poll(&polled, 1, CInt(clamping: slice)) > 0 || left == 0 { break }
                if ready < 0, let value = value.withLock({ $0 }) { return value }
            }
            return value.withLock { $0 }
        }
    }
}
