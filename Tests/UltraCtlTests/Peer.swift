import Foundation
import libultra

/// A libultra connection and the other end of its socket, without a daemon and without threads.
final class Peer {
    let connection: OpaquePointer
    private(set) var socket: Int32
    /// The listening socket; -1: the connection was made from a socket pair, and cannot reconnect.
    private var listener: Int32 = -1
    private var folder: TemporaryFolder?
    private var path = ""

    init() throws {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw POSIXError(.EMFILE)
        }
        socket = ends[0]
        var made: OpaquePointer?
        guard ultra_connect_fd(ends[1], &made) == 0, let made else { throw POSIXError(.ENOMEM) }
        connection = made
    }

    /// Connects to a listening socket, so that the connection can be lost and made again.
    init(listening folder: TemporaryFolder) throws {
        self.folder = folder
        path = folder.path + "/ultrad.sock"
        listener = try listeningSocket(path)
        var made: OpaquePointer?
        guard ultra_connect(path, 0, &made) == 0, let made else { throw POSIXError(.ECONNREFUSED) }
        connection = made
        socket = Foundation.accept(listener, nil, nil)
    }

    deinit {
        ultra_connection_free(connection)
        hangUp()
        if listener >= 0 { close(listener) }
    }

    /// Closes the listening socket, as a daemon that ends.
    func stop() {
        hangUp()
        close(listener)
        listener = -1
    }

    /// Starts the next daemon on the same socket.
    func start() throws {
        unlink(path)
        listener = try listeningSocket(path)
    }

    /// Accepts the connection that was made again.
    func accept() {
        socket = Foundation.accept(listener, nil, nil)
    }

    func hangUp() {
        if socket >= 0 { close(socket) }
        socket = -1
    }

    func write(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        // The socket's buffer is larger than everything the tests write.
        precondition(send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
    }

    /// Reads the frames that the connection sent, as text.
    func frames() -> [String] {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        var rest = bytes[..<max(0, count)]
        var frames: [String] = []
        while rest.count >= 4 {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            frames.append(String(decoding: rest.dropFirst(4).prefix(length), as: UTF8.self))
            rest = rest.dropFirst(4 + length)
        }
        return frames
    }

    /// Reads `count` bytes that the connection sends, and lets it process in between; fewer if it stops sending.
    func receive(_ count: Int) -> [UInt8] {
        var received: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while received.count < count {
            let length = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            guard length > 0 else { break }
            received += bytes[..<length]
            guard ultra_process(connection) == 0 else { break }
        }
        return received
    }

    /// The number of bytes that the connection has not read yet, as counted by the kernel.
    var unreadBytes: Int32 {
        var count: Int32 = 0
        precondition(ioctl(socket, UInt(TIOCOUTQ), &count) == 0)
        return count
    }

    /// Sends a request and returns its id.
    func request(_ op: String = "stream", _ fields: String? = nil) -> UInt64 {
        var id: UInt64 = 0
        precondition(ultra_send(connection, op, fields, &id) == 0)
        return id
    }

    /// The JSON of the next event, or the result if there is none.
    func next(timeout: Int32 = 0) -> Outcome {
        var event: OpaquePointer?
        let result = ultra_next(connection, timeout, &event)
        guard let event else { return .result(result) }
        defer { ultra_event_free(event) }
        return .event(String(cString: ultra_event_json(event, nil)))
    }

    enum Outcome: Equatable {
        case event(String)
        case result(Int32)

        static func error(_ error: ultra_error) -> Outcome { .result(error.rawValue) }
    }
}
