internal import UltraSystem

/// Tells the service manager that the loop gets on with its work; keeps silent when it does not.
@Loop
final class Watchdog {
    private let service: ServiceNotifier
    private let timer = Timer {}
    private(set) var pings = 0

    /// nil where the service manager does not watch.
    init?(_ service: ServiceNotifier) {
        guard let interval = service.watchdogInterval else { return nil }
        self.service = service
        // Half the interval between pings (sd_watchdog_enabled(3)); a quarter of it is lag enough to keep silent.
        timer.onFire = { [unowned self] in
            timer.arm(after: interval / 2)
            if EventLoop.shared.lag < interval / 4 {
                pings += 1
                service.alive()
            }
        }
        service.alive()
        timer.arm(after: interval / 2)
    }

    isolated deinit {
        timer.cancel()
    }
}
