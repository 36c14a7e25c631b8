internal import UltraSystem

/// Tells the service manager how a stop gets on, and asks it for patience while clients still get their answers.
@Loop
final class DrainReport {
    /// What is looked at: requests in flight, and bytes sent to clients since the start.
    struct State: Equatable {
        var requests: Int
        var sentBytes: UInt64
    }

    static let interval = Duration.seconds(1)
    /// Asked for at each look: a few of them may come late.
    static let patience = Duration.seconds(5)

    private let service: ServiceNotifier
    private let timer = Timer {}
    private var last: State

    /// - Parameter look: the state at that moment.
    init(_ service: ServiceNotifier, _ look: @escaping @Loop () -> State) {
        self.service = service
        last = look()
        service.stopping(status: Self.status(last))
        timer.onFire = { [unowned self] in
            timer.arm(after: Self.interval)
            let now = look()
            // Answers that stand still are what the manager's own limit is for.
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
