import Foundation
import Synchronization

/// Kills a daemon a pause after it is seen to write the ledger in `folder`. It runs on a thread of its own, since the
/// test's thread keeps the daemon writing.
final class KillWhileWriting: Sendable {
    private let hasWritten = Mutex(false)
    private let isDone = DispatchSemaphore(value: 0)

    /// The daemon has answered and has had nothing to record yet.
    init(_ daemon: DaemonProcess, in folder: String, after pause: useconds_t) {
        let before = Self.journal(folder)
        let deadline = Date(timeIntervalSinceNow: 20)
        Thread.detachNewThread { [self] in
            while Self.journal(folder) == before, Date() < deadline, daemon.process.isRunning {
                usleep(500)  // a write is visible only in the file
            }
            hasWritten.withLock { $0 = Self.journal(folder) != before }
            usleep(pause)
            daemon.signal(SIGKILL)
            isDone.signal()
        }
    }

    /// Waits for the kill; returns false if the daemon wrote nothing in 20 s, or ended by itself.
    func didSeeWriting() -> Bool {
        isDone.wait()
        return hasWritten.withLock { $0 }
    }

    /// A value that changes with every write. The size alone does not: a journal that starts over keeps it.
    private static func journal(_ folder: String) -> [Int] {
        var status = stat()
        guard stat("\(folder)/ledger.sqlite-wal", &status) == 0 else { return [] }
        return [Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }
}
