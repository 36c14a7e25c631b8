internal import CSystemd
internal import Glibc

/// Signals as events of the loop.
package enum Signals {
    package static let terminate: CInt = SIGTERM
    package static let interrupt: CInt = SIGINT
    package static let hangUp: CInt = SIGHUP

    /// Blocks what the loop watches, for this thread and those it starts, and nothing else: whoever started the process
    /// may have left signals blocked that are to end it. First thing in `main`.
    package static func block() {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGCHLD] { sigaddset(&set, signal) }
        pthread_sigmask(SIG_SETMASK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Calls `handler` for each `signal` while the returned value lives; nil where it is not blocked.
    @Loop
    package static func watch(_ signal: CInt, _ handler: @escaping @Loop () -> Void) -> AnyObject? {
        EventLoop.shared.systemd?.watch(signal: signal, handler)
    }
}
