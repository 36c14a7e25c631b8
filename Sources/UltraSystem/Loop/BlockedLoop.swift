#if DEBUG
internal import CSystemd
internal import Glibc

/// A loop that hangs on demand, so that a test can see the watchdog at work. Not in the product.
package enum BlockedLoop {
    private static let variable = "ULTRA_TEST_BLOCK_LOOP"

    /// With `variable` in the environment, SIGUSR2 blocks the loop's thread for good, as long as the result lives.
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
