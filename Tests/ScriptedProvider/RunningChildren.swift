import Glibc
import Synchronization

/// The running children, for a signal handler: an array in plain memory with 0 in free places.
package enum RunningChildren {
    private static let capacity = 64
    private static let lock = Mutex(())
    nonisolated(unsafe) private static let pids: UnsafeMutablePointer<pid_t> = {
        let pids = UnsafeMutablePointer<pid_t>.allocate(capacity: capacity)
        pids.initialize(repeating: 0, count: capacity)
        return pids
    }()

    static func add(_ pid: pid_t) { replace(0, by: pid) }
    static func remove(_ pid: pid_t) { replace(pid, by: 0) }

    private static func replace(_ old: pid_t, by new: pid_t) {
        lock.withLock { _ in
            for index in 0..<capacity where pids[index] == old {
                pids[index] = new
                return
            }
        }
    }

    /// Ends the children when this process is interrupted.
    package static func endWithThisProcess() {
        _ = pids  // Made now: a signal handler must not allocate.
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                for index in 0..<RunningChildren.capacity where RunningChildren.pids[index] > 0 {
                    kill(RunningChildren.pids[index], SIGKILL)
                }
                _exit(128 + number)
            }
        }
    }
}
