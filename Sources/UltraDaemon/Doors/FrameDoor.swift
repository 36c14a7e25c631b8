internal import UltraAPI
internal import UltraSystem

/// The Unix socket of ultra-protocol(7): accepts clients, counts them, and closes them in good order.
@Loop
final class FrameDoor {
    let memory: HeldBytes
    let books: Books
    let receiveBuffer: ReceiveBuffer
    let pace: RequestPace
    /// Bytes sent to all clients since the start.
    var sentByteCount: UInt64 = 0
    private unowned let daemon: Daemon
    private let counts: ConnectionCounts
    private let refused = RefusedConnections()
    private var socket: DoorSocket?
    private var connections: [ObjectIdentifier: FrameConnection] = [:]

    init(
        _ daemon: Daemon, _ memory: HeldBytes, _ books: Books, _ counts: ConnectionCounts,
        _ receiveBuffer: ReceiveBuffer, _ pace: RequestPace
    ) {
        self.daemon = daemon
        self.memory = memory
        self.books = books
        self.counts = counts
        self.receiveBuffer = receiveBuffer
        self.pace = pace
    }

    var connectionCount: Int { connections.count }

    /// The time a frame waits for memory in the user's share.
    var queueTimeout: Duration { daemon.timeouts.queue }

    // MARK: - Clients

    func open(_ socket: DoorSocket) {
        self.socket = socket
        socket.accept { [unowned self] in
            accept($0)
        } onShortage: { [unowned self] in
            refuse($0, .descriptors)
        }
    }

    private func accept(_ socket: StreamSocket) {
        // Dropping the socket closes it: the client sees the end before any answer, and may retry.
        guard !daemon.isDraining else { return }
        let uid = socket.peer.uid
        if let refusal = counts.refusal(of: uid, daemon.limits) { return refuse(socket, refusal) }
        counts.opened(by: uid)
        let connection = FrameConnection(socket, self, daemon.limits)
        connections[ObjectIdentifier(connection)] = connection
    }

    private func refuse(_ socket: StreamSocket, _ refusal: ConnectionRefusal) {
        var writer = FrameWriter()
        writer.error(0, refusal.error)
        books.refused(nil, of: Caller(socket.peer, door: .frames), refusal.error)
        refused.refuse(socket, refusal, with: writer.bytes, daemon.log)
    }

    func closed(_ connection: FrameConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        counts.closed(by: connection.caller.uid)
        daemon.stopIfDrained()
    }

    /// The path of the socket; nil: the door is closed.
    var socketPath: String? { socket?.path }

    func lookAfterSocket() { socket?.lookAfterFile() }

    func adopt(_ limits: Limits) {
        for connection in connections.values { connection.adopt(limits) }
    }

    // MARK: - Requests

    func perform(_ frame: RequestFrame, _ call: Call, in session: any Session) {
        daemon.perform(frame, call, in: session)
    }

    func ended() { daemon.stopIfDrained() }

    // MARK: - Stop

    /// Stops accepting clients.
    func stopListening() {
        socket?.close()
    }

    /// Tells the clients that no more requests are accepted.
    func goAway() {
        connections.values.forEach { $0.goAway() }
    }

    func cancelAll(_ reason: UltraError) {
        connections.values.forEach { $0.cancelAll(reason) }
    }

    /// True if no request is in flight.
    var isIdle: Bool { connections.values.allSatisfy { $0.calls.isEmpty } }

    /// Closes each connection once its last frame was sent.
    func closeWhenDelivered() {
        for connection in Array(connections.values) { connection.closeWhenDelivered() }
    }
}
