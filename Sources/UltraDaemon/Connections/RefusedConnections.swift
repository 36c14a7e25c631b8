internal import Logging
internal import UltraAPI
internal import UltraSystem

/// Tells clients why they are not served, and closes their connections.
@Loop
final class RefusedConnections {
    /// So long a refused client may take to read why. One that is still writing its first request would else find the
    /// connection broken before it reads.
    private static let patience = Duration.milliseconds(500)
    /// Refused clients that are waited for; further ones are closed at once.
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

    /// - Parameter lingers: false where its descriptor is needed at once.
    func refuse(_ socket: StreamSocket, _ refusal: ConnectionRefusal, lingers: Bool, _ log: Logger) {
        var writer = FrameWriter()
        writer.error(0, refusal.error)
        socket.sendLast(writer.bytes)
        if lingers, lingering.count < Self.limit {
            lingering.append(socket)
            if !timer.isArmed { timer.arm(after: Self.patience) }
        }
        guard let unsaid = lines[refusal.kind, default: MinuteLine()].isDue(at: EventLoop.now) else { return }
        log.warning("\(refusal.line)\(unsaid > 0 ? " (\(unsaid) more in the minute before)" : "")")
    }
}
