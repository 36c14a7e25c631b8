internal import Logging
internal import UltraSystem

/// Sends refused clients the reason, and closes their connections.
@Loop
final class RefusedConnections {
    /// The time a refused connection stays open. If it closed at once, a client that is still writing its first request
    /// would get an error before it reads the reason.
    private static let patience = Duration.milliseconds(500)
    /// The maximum number of refused connections that stay open; further ones are closed immediately.
    private static let limit = 32

    private var lingering: [StreamSocket] = []
    private let timer = Timer {}
    private var lines: [ConnectionRefusal.Kind: MinuteLine] = [:]

    init() {
        timer.onFire = { [unowned self] in lingering = [] }
    }

    isolated deinit {
        timer.cancel()
    }

    /// - Parameter message: The refusal in the door's protocol.
    func refuse(_ socket: StreamSocket, _ refusal: ConnectionRefusal, with message: [UInt8], _ log: Logger) {
        socket.sendLast(message)
        // If descriptors are short, the connection's descriptor must be free at once.
        if refusal != .descriptors, lingering.count < Self.limit {
            lingering.append(socket)
            if !timer.isArmed { timer.arm(after: Self.patience) }
        }
        guard let unsaid = lines[refusal.kind, default: MinuteLine()].isDue(at: EventLoop.now) else { return }
        log.warning("\(refusal.line)\(unsaid > 0 ? " (\(unsaid) more in the minute before)" : "")")
    }
}
