internal import UltraSystem

/// Reports the progress of a stop to the service manager, and extends its time limit while answers still make progress
/// (`EXTEND_TIMEOUT_USEC`, sd_notify(3)).
@Loop
final class DrainReport {
    struct State: Equatable {
        /// Requests in flight.
        var requests: Int
        /// Bytes sent to clients since the start.
        var sentBytes: UInt64
    }

    static let interval = Duration.seconds(1)
    /// The extension requested every `interval`; longer than that, so that late reports do no harm.
    static let patience = Duration.seconds(5)

    private let service: ServiceNotifier
    private let timer = Timer {}
    private var last: State

    /// - Parameter state: returns the current state; called every `interval`.
    init(_ service: ServiceNotifier, _ state: @escaping @Loop () -> State) {
        self.service = service
        last = state()
        service.stopping(status: Self.status(last))
        timer.onFire = { [unowned self] in
            timer.arm(after: Self.interval)
            let now = state()
            // Without progress, the service manager's own limit applies.
            if now.sentBytes != last.sentBytes { service.extendTimeout(by: Self.patience) }
            if now.requests != last.requests { service.status(Self.status(now)) }
            last = now
        }
        timer.arm(after: Self.interval)
    }

    isolated deinit {
        timer.cancel()
    }

    private static func status(_ state: State) -> String {
        "finishing \(state.requests) request\(state.requests == 1 ? "" : "s")"
    }
}

/// Sends the service manager's watchdog keep-alive while the loop keeps up with its work.
@Loop
final class Watchdog {
    private let service: ServiceNotifier
    private let timer = Timer {}
    private let pause: Duration
    private let limit: Duration
    /// When the timer is due, in nanoseconds of `EventLoop.now`.
    private var due = EventLoop.now
    private(set) var pings = 0

    /// Returns nil if the service manager has set no watchdog.
    /// - Parameter onStall: called with the time by which the loop is late.
    init?(_ service: ServiceNotifier, onStall: @escaping @Loop (Duration) -> Void) {
        guard let interval = service.watchdogInterval else { return nil }
        self.service = service
        // A ping every half of the interval, as sd_watchdog_enabled(3) recommends; none if the loop lags by a quarter.
        pause = interval / 2
        limit = interval / 4
        timer.onFire = { [unowned self] in
            // A loop that was blocked fires the timer late; an overloaded one lags behind its events.
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
