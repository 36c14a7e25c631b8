import Foundation

/// A raw client of the protocol: it writes bytes and reads frames, and shares nothing with the code under test.
final class Client {
    let descriptor: Int32
    /// Retained as long as this client exists.
    private let daemon: DaemonProcess?

    init(_ path: String, of daemon: DaemonProcess? = nil) throws {
        self.daemon = daemon
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard result == 0 else { throw ClientError(what: "connect: errno \(errno)") }
    }

    deinit {
        close(descriptor)
    }

    func send(_ json: String) {
        let body = Array(json.utf8)
        let length = UInt32(body.count)
        send(bytes: (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + body)
    }

    func send(bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }

    /// Shuts down the sending side.
    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// The JSON of the next frame; nil at the end of the stream.
    func nextBytes() throws -> [UInt8]? {
        guard let head = try read(4) else { return nil }
        guard let body = try read(head.reduce(0) { $0 << 8 | Int($1) }) else {
            throw ClientError(what: "the stream ended inside a frame")
        }
        return body
    }

    /// The next frame; nil at the end of the stream.
    func next() throws -> Frame? {
        guard let body = try nextBytes() else { return nil }
        guard let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else {
            throw ClientError(what: "no object")
        }
        return Frame(object: object)
    }

    /// All frames of request `id` up to its terminal one.
    func frames(_ id: Int = 1) throws -> [Frame] {
        var frames: [Frame] = []
        while let frame = try next() {
            guard frame.id == id else { continue }
            frames.append(frame)
            if frame.isTerminal { return frames }
        }
        throw ClientError(what: "no terminal frame; got \(frames.map(\.event))")
    }

    /// The terminal frame of one request.
    func ask(_ json: String, id: Int = 1) throws -> Frame {
        send(json)
        guard let last = try frames(id).last else { throw ClientError(what: "nothing") }
        return last
    }

    private func read(_ count: Int) throws -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let result = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + got, count - got, 0) }
            if result == 0 { return got == 0 ? nil : try { throw ClientError(what: "cut") }() }
            if result < 0 {
                if errno == ECONNRESET { return nil }
                throw ClientError(what: "recv: errno \(errno) after \(got) of \(count) bytes")
            }
            got += result
        }
        return bytes
    }
}

/// One frame as received.
struct Frame {
    let object: [String: Any]

    var id: Int { object["id"] as? Int ?? -1 }
    var event: String { object["event"] as? String ?? "" }
    var isTerminal: Bool { ["result", "done", "error"].contains(event) }
    var text: String? { object["text"] as? String }
    var error: [String: Any] { object["error"] as? [String: Any] ?? [:] }
    var code: String? { error["code"] as? String }
    var field: String? { error["field"] as? String }

    subscript(name: String) -> Any? { object[name] }
}
