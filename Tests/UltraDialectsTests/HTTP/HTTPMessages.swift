@testable import UltraDialects

/// The requests that a decoder reads from the bytes of a connection.
struct DecodedConnection: Equatable {
    struct Request: Equatable {
        var line: String
        var authority: String
        var fields: [String]
        var body: String
        var keepsAlive: Bool
    }

    /// The complete requests.
    var requests: [Request] = []
    /// The status of the refusal that ends the connection; nil: the connection stays open.
    var refusal: Int?
    /// True if a request has begun and not ended.
    var isInRequest = false

    /// - Parameter readBytes: The number of bytes that arrive at a time.
    init(_ bytes: [UInt8], readBytes: Int = .max, limits: HTTPRequestDecoder.Limits = .init()) {
        var decoder = HTTPRequestDecoder(limits)
        var head: HTTPRequestHead?
        var body: [UInt8] = []
        var rest = bytes[...]
        do throws(HTTPRefusal) {
            repeat {
                Array(rest.prefix(readBytes)).withUnsafeBytes { decoder.append($0) }
                rest = rest.dropFirst(readBytes)
                while let event = try decoder.next(appendingTo: &body) {
                    switch event {
                    case .head(let new):
                        head = new
                    case .end:
                        if let head { requests.append(Request(head, body)) }
                        body = []
                    }
                }
            } while !rest.isEmpty
        } catch {
            refusal = error.status
        }
        isInRequest = decoder.isInRequest
    }

    init(_ text: String, readBytes: Int = .max) {
        self.init(Array(text.utf8), readBytes: readBytes)
    }
}

extension DecodedConnection.Request {
    init(_ head: HTTPRequestHead, _ body: [UInt8]) {
        line = "\(head.method.rawValue) \(head.path)\(head.query.map { "?\($0)" } ?? "") 1.\(head.minorVersion)"
        authority = head.authority
        fields = head.rawFields.map {
            "\(String(decoding: $0.name, as: UTF8.self)): \(String(decoding: $0.value, as: UTF8.self))"
        }
        self.body = String(decoding: body, as: UTF8.self)
        keepsAlive = head.keepsAlive
    }
}

/// A request that every case may be followed by.
let goodRequest = "GET /health HTTP/1.1\r\nHost: h\r\n\r\n"
