import Foundation

/// A raw HTTP client of the daemon's door: it writes bytes and reads responses, and shares nothing with the code under
/// test.
final class HTTPClient {
    private let socket: Client
    private var buffer: [UInt8] = []

    struct Response {
        var status = 0
        /// Header fields with names in lower case.
        var fields: [(name: String, value: String)] = []
        var body: [UInt8] = []
        /// True if the body is complete by its framing.
        var isComplete = true

        subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

        var text: String { String(decoding: body, as: UTF8.self) }

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]) ?? [:]
        }

        /// The member `error` in OpenAI's format.
        var error: [String: Any] { json["error"] as? [String: Any] ?? [:] }

        /// The data of a stream's events, without comments.
        var events: [String] {
            text.components(separatedBy: "\n\n").filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
        }
    }

    init(_ daemon: DaemonProcess) throws {
        socket = try Client(Self.path(of: daemon), of: daemon)
    }

    init(_ daemon: DaemonProcess, as user: LocalUser) throws {
        socket = try user.client(of: daemon, at: Self.path(of: daemon))
    }

    private static func path(of daemon: DaemonProcess) -> String {
        daemon.folder.appending(path: "http.sock").path()
    }

    func send(_ text: String) { socket.send(bytes: Array(text.utf8)) }

    func send(bytes: [UInt8]) { socket.send(bytes: bytes) }

    func finishSending() { socket.finishSending() }

    /// A request with the header fields of ordinary clients.
    static func request(_ method: String, _ path: String, _ fields: [String] = [], body: String? = nil) -> String {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: ultra"] + fields
        if let body { lines += ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"] }
        return lines.map { $0 + "\r\n" }.joined() + "\r\n" + (body ?? "")
    }

    func ask(_ method: String, _ path: String, _ fields: [String] = [], body: String? = nil) throws -> Response {
        send(Self.request(method, path, fields, body: body))
        return try next(isHead: method == "HEAD")
    }

    func chat(_ body: String, _ fields: [String] = []) throws -> Response {
        try ask("POST", "/v1/chat/completions", fields, body: body)
    }

    /// The next response, which may be an interim one.
    func next(isHead: Bool = false) throws -> Response {
        guard let response = try nextOrEnd(isHead: isHead) else { throw ClientError(what: "no response") }
        return response
    }

    /// nil: the connection has ended.
    func nextOrEnd(isHead: Bool = false) throws -> Response? {
        guard var response = try nextHead() else { return nil }
        if isHead || response.status < 200 || response.status == 204 { return response }
        if let length = response["content-length"].flatMap({ Int($0) }) {
            response.body = try take(length)
            response.isComplete = response.body.count == length
        } else if response["transfer-encoding"] == "chunked" {
            try readChunks(into: &response)
        } else {
            while try fill() {}
            response.body = buffer
            buffer = []
        }
        return response
    }

    /// The next response without its body, which is left unread; nil: the connection has ended.
    func nextHead() throws -> Response? {
        guard let first = try line() else { return nil }
        var response = Response()
        response.status = Int(first.split(separator: " ").dropFirst().first ?? "") ?? 0
        while let line = try line(), !line.isEmpty {
            let parts = line.split(separator: ":", maxSplits: 1)
            response.fields.append(
                (parts[0].lowercased(), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""))
        }
        return response
    }

    /// The next chunk of a body; empty: its end. nil: the connection has ended before.
    func nextChunk() throws -> String? {
        guard let size = try line().flatMap({ Int($0, radix: 16) }) else { return nil }
        let content = try take(size)
        return try line() == nil ? nil : String(decoding: content, as: UTF8.self)
    }

    private func readChunks(into response: inout Response) throws {
        response.isComplete = false
        while let size = try line().flatMap({ Int($0, radix: 16) }) {
            response.body += try take(size)
            guard try line() != nil else { return }
            guard size > 0 else {
                response.isComplete = true
                return
            }
        }
    }

    /// The first bytes of a response's body, once it has this many events; the rest stays unread.
    func events(_ count: Int) throws -> [String] {
        while true {
            // The search is in bytes, because CRLF is one Character.
            let lines = buffer.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
            let events = lines.filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
            if events.count >= count { return events }
            guard try fill() else { throw ClientError(what: "the stream ended after \(events.count) events") }
        }
    }

    /// True once the connection has ended and nothing was left to read.
    func isAtEnd() throws -> Bool { try buffer.isEmpty && !fill() }

    private func line() throws -> String? {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                defer { buffer.removeFirst(end + 1) }
                guard end > 0, buffer[end - 1] == 0x0D else { throw ClientError(what: "a line without CRLF") }
                return String(decoding: buffer[..<(end - 1)], as: UTF8.self)
            }
            guard try fill() else { return nil }
        }
    }

    /// Returns fewer bytes if the connection ends.
    private func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count, try fill() {}
        defer { buffer.removeFirst(min(count, buffer.count)) }
        return Array(buffer.prefix(count))
    }

    /// False: the connection has ended.
    private func fill() throws -> Bool {
        var space = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(socket.descriptor, &space, space.count, 0)
        if count < 0, errno == EAGAIN { throw ClientError(what: "nothing came") }
        guard count > 0 else { return false }
        buffer += space[..<count]
        return true
    }
}
