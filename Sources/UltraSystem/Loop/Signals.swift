internal import CSystemd
internal import Glibc

/// Signals delivered as events of the loop.
package enum Signals {
    package static let terminate: CInt = SIGTERM
    package static let interrupt: CInt = SIGINT
    package static let hangUp: CInt = SIGHUP

    /// Blocks the signals the loop handles, and ignores SIGPIPE, for this thread and the threads it starts. Call it
    /// first in `main`.
    ///
    /// Replaces the inherited mask, because a parent may have left a terminating signal blocked.
    package static func block() {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGCHLD] { sigaddset(&set, signal) }
        pthread_sigmask(SIG_SETMASK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Calls `handler` on the loop for each delivery of `signal` while the returned value lives. nil if `signal` is not
    /// blocked.
    @Loop
    package static func watch(_ signal: CInt, _ handler: @escaping @Loop () -> Void) -> AnyObject? {
        EventLoop.shared.systemd?.watch(signal: signal, handler)
    }
}

#if DEBUG
/// Blocks the loop on demand, so that a test can see the watchdog act. Debug builds only.
package enum BlockedLoop {
    private static let variable = "ULTRA_TEST_BLOCK_LOOP"

    /// If `variable` is in the environment, SIGUSR2 blocks the loop's thread for good while the returned value lives.
    /// nil if it is not.
    @Loop
    package static func arm() -> AnyObject? {
        guard getenv(variable) != nil else { return nil }
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGUSR2)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        return Signals.watch(SIGUSR2) {
            while true { pause() }
        }
    }
}
#endif
