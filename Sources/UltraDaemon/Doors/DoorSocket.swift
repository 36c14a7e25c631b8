internal import Glibc
internal import Logging
internal import UltraSystem

/// The listening socket of a door, passed by the service manager or bound to a path. If the socket's file is removed,
/// the socket is bound again.
@Loop
final class DoorSocket {
    let path: String
    /// The option or setting that sets the path, for error messages.
    private let setting: String
    private let log: Logger
    private var listeners: [Listener]
    private var serve: @Loop (Listener) -> Void = { _ in }
    /// True if the loss of the file was logged.
    private var isLossTold = false

    /// - Parameter listeners: passed by the service manager; empty: `path` is bound.
    init(_ path: String, namedBy setting: String, passed listeners: [Listener], _ log: Logger) throws(Daemon
        .StartFailure)
    {
        self.path = path
        self.setting = setting
        self.log = log
        self.listeners = listeners
        if listeners.isEmpty { self.listeners = [try listen()] }
    }

    private func listen() throws(Daemon.StartFailure) -> Listener {
        do throws(Listener.Failure) {
            return try Listener(path: path)
        } catch {
            throw Daemon.StartFailure(message: words(for: error), exitCode: EXIT_FAILURE)
        }
    }

    private func words(for failure: Listener.Failure) -> String {
        switch failure {
        case .inUse: "another ultrad listens on \(path): stop it, or name another socket with \(setting)"
        case .pathTooLong: "\(path) is too long for a socket (107 bytes): name another with \(setting)"
        case .notASocket: "\(path) exists and is no socket: remove it, or name another with \(setting)"
        case .system(let error): "cannot listen on \(path) (\(error)): name another socket with \(setting)"
        }
    }

    /// Passes every new connection to `accept`, and a connection for which there is no descriptor to `refuse`.
    func accept(
        _ accept: @escaping @Loop (StreamSocket) -> Void, onShortage refuse: @escaping @Loop (StreamSocket) -> Void
    ) {
        serve = { $0.accept(accept, onShortage: refuse) }
        listeners.forEach(serve)
    }

    /// Binds the socket again if its file was removed.
    func lookAfterFile() {
        for (index, listener) in listeners.enumerated() {
            switch listener.place {
            case .inPlace, nil: isLossTold = false
            case .taken:
                if !isLossTold {
                    log.error(
                        "something else stands where the socket was: clients do not find this ultrad",
                        metadata: ["ultra_path": "\(path)"])
                }
                isLossTold = true
            case .vanished:
                do throws(Daemon.StartFailure) {
                    listeners[index] = try listen()
                    serve(listeners[index])
                    log.warning("the socket's file was removed: it is bound again", metadata: ["ultra_path": "\(path)"])
                } catch {
                    if !isLossTold { log.error("the socket's file was removed: \(error.message)") }
                    isLossTold = true
                }
            }
        }
    }

    /// Stops accepting clients.
    func close() {
        listeners = []
    }
}
