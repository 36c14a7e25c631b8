internal import UltraSystem

/// Tells the service manager that the loop gets on with its work; keeps silent when it does not.
@Loop
final class Watchdog {
    private let service: ServiceNotifier
    private let timer = Timer {}
    private let pause: Duration
    private let limit: Duration
    /// When the timer was to fire, on the monotonic clock.
    private var due = EventLoop.now
    private(set) var pings = 0

    /// nil where the service manager does not watch.
    /// - Parameter onStall: told how long the loop did nothing, or is behind its work.
    init?(_ service: ServiceNotifier, onStall: @escaping @Loop (Duration) -> Void) {
        guard let interval = service.watchdogInterval else { return nil }
        self.service = service
        // Half the interval between pings (sd_watchdog_enabled(3)); a quarter of it is lag enough to keep silent.
        pause = interval / 2
        limit = interval / 4
        timer.onFire = { [unowned self] in
            // What stood still and goes on again is late; what cannot keep up lags.
            let now = EventLoop.now
            let late = Duration.nanoseconds(Int64(now - min(due, now)))
            let lag = EventLoop.shared.lag
            arm()
            if lag < limit {
                pings += 1
                service.alive()
            }
            if max(late, lag) >= limit { onStall(max(late, lag)) }
        }
        service.alive()
        arm()
    }

    private func arm() {
        due = EventLoop.now + UInt64(pause.nanoseconds)
        timer.arm(at: due)
    }

    isolated deinit {
        timer.cancel()
    }
}
