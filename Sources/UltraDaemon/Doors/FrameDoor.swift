internal import Glibc
internal import Logging
internal import UltraAPI
internal import UltraSystem

/// The Unix socket of ultra-protocol(7): accepts clients, counts them, and closes them in good order.
@Loop
final class FrameDoor {
    let memory: HeldBytes
    let receiveBuffer = ReceiveBuffer(byteCount: 64 << 10)
    /// Bytes sent to all clients since the start.
    var sentByteCount: UInt64 = 0
    private unowned let daemon: Daemon
    private var listeners: [Listener] = []
    private var connections: [ObjectIdentifier: FrameConnection] = [:]
    /// Open connections of each uid.
    private(set) var connectionsByUser: [UInt32: Int] = [:]
    private let refused = RefusedConnections()
    private let descriptorLimit = DescriptorLimit.current
    /// True while the log has told that the socket's path is not ours.
    private var isLossTold = false

    init(_ daemon: Daemon, _ memory: HeldBytes) {
        self.daemon = daemon
        self.memory = memory
    }

    var connectionCount: Int { connections.count }

    /// How long a frame waits for room in the user's share.
    var queueTimeout: Duration { daemon.timeouts.queue }

    // MARK: - Clients

    /// Listens on the sockets that the service manager passed, or else on `path`.
    func open(_ path: String) throws(Daemon.StartFailure) {
        listeners = ServiceNotifier.passedListeners()
        if listeners.isEmpty { listeners = [try Self.listen(path)] }
        for listener in listeners { serve(listener) }
    }

    private static func listen(_ path: String) throws(Daemon.StartFailure) -> Listener {
        do throws(Listener.Failure) {
            return try Listener(path: path)
        } catch {
            throw Daemon.StartFailure(message: words(for: error, path), exitCode: EXIT_FAILURE)
        }
    }

    private static func words(for failure: Listener.Failure, _ path: String) -> String {
        switch failure {
        case .inUse: "another ultrad listens on \(path): stop it, or name another socket with --socket"
        case .pathTooLong: "\(path) is too long for a socket (107 bytes): name another with --socket"
        case .notASocket: "\(path) exists and is no socket: remove it, or name another with --socket"
        case .system(let error): "cannot listen on \(path) (\(error)): name another socket with --socket"
        }
    }

    private func serve(_ listener: Listener) {
        listener.accept { [unowned self] socket in
            accept(socket)
        } onShortage: { [unowned self] socket in
            refused.refuse(socket, .descriptors, lingers: false, daemon.log)
        }
    }

    private func accept(_ socket: StreamSocket) {
        // Dropping the socket closes it: the client sees the end before any answer, and may try again.
        guard !daemon.isDraining else { return }
        let uid = socket.peer.uid
        let ofUser = connectionsByUser[uid, default: 0]
        let refusal = ConnectionRefusal(
            open: connections.count, ofUser: ofUser, uid: uid, daemon.limits, descriptorLimit: descriptorLimit)
        if let refusal { return refused.refuse(socket, refusal, lingers: refusal != .descriptors, daemon.log) }
        let connection = FrameConnection(socket, self, daemon.limits)
        connections[ObjectIdentifier(connection)] = connection
        connectionsByUser[uid] = ofUser + 1
    }

    func closed(_ connection: FrameConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        let uid = connection.caller.uid
        let left = connectionsByUser[uid, default: 1] - 1
        connectionsByUser[uid] = left > 0 ? left : nil
        daemon.stopIfDrained()
    }

    /// Binds the socket again if its file was removed, since no client would find it.
    func lookAfterSocket(_ path: String) {
        for (index, listener) in listeners.enumerated() {
            switch listener.place {
            case .inPlace, nil: isLossTold = false
            case .taken:
                if !isLossTold {
                    daemon.log.error(
                        "something else stands where the socket was: clients do not find this ultrad",
                        metadata: ["ultra_path": "\(path)"])
                }
                isLossTold = true
            case .vanished:
                do throws(Daemon.StartFailure) {
                    listeners[index] = try Self.listen(path)
                    serve(listeners[index])
                    daemon.log.warning(
                        "the socket's file was removed: it is bound again", metadata: ["ultra_path": "\(path)"])
                } catch {
                    if !isLossTold { daemon.log.error("the socket's file was removed: \(error.message)") }
                    isLossTold = true
                }
            }
        }
    }

    func adopt(_ limits: Limits) {
        for connection in connections.values { connection.adopt(limits) }
    }

    // MARK: - Requests

    func perform(_ frame: RequestFrame, _ call: Call, in session: any Session) {
        daemon.perform(frame, call, in: session)
    }

    func ended(_ call: Call) { daemon.ended(call) }

    // MARK: - Stop

    /// Accepts no more clients.
    func stopListening() {
        listeners = []
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

    /// Closes each connection once its last frame has left.
    func closeWhenDelivered() {
        for connection in Array(connections.values) { connection.closeWhenDelivered() }
    }
}
