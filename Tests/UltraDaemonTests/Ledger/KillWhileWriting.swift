import Foundation
import Synchronization

/// Kills a daemon once it is seen to write the ledger in `folder`, a pause later; from a thread of its own, for the
/// one of the test keeps it writing.
final class KillWhileWriting: Sendable {
    private let hasWritten = Mutex(false)
    private let isDone = DispatchSemaphore(value: 0)

    /// The daemon has answered and has had nothing to record yet.
    init(_ daemon: DaemonProcess, in folder: String, after pause: useconds_t) {
        let before = Self.journal(folder)
        let deadline = Date(timeIntervalSinceNow: 20)
        Thread.detachNewThread { [self] in
            while Self.journal(folder) == before, Date() < deadline, daemon.process.isRunning {
                usleep(500)  // the daemon tells nobody when it writes
            }
            hasWritten.withLock { $0 = Self.journal(folder) != before }
            usleep(pause)
            daemon.signal(SIGKILL)
            isDone.signal()
        }
    }

    /// Waits for the kill; false: the daemon wrote nothing in 20 s, or ended by itself.
    func didSeeWriting() -> Bool {
        isDone.wait()
        return hasWritten.withLock { $0 }
    }

    /// What changes with every write: a journal that begins anew keeps its size.
    private static func journal(_ folder: String) -> [Int] {
        var status = stat()
        guard stat("\(folder)/ledger.sqlite-wal", &status) == 0 else { return [] }
        return [Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }
}
