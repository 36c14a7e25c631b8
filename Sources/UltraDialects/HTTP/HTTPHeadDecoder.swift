/// Reads one request head as its bytes arrive.
struct HTTPHeadDecoder: Sendable {
    /// The properties of the `HTTPRequestHead` being decoded.
    struct Parts: Sendable {
        var method = HTTPRequestHead.Method.get
        var path = ""
        var query: String?
        var authority = ""
        var minorVersion = 1
        var body = HTTPRequestHead.Body.none
        var keepsAlive = true
        var expectsContinue = false
    }

    private let limits: HTTPRequestDecoder.Limits
    private var lines = HTTPLineScanner()
    private var requestLine: HTTPRequestLine?
    /// True if an empty line before the request line was skipped (RFC 9112, section 2.2).
    private var hasSkippedLine = false
    private var fields: [HTTPFieldLine] = []

    init(_ limits: HTTPRequestDecoder.Limits) {
        self.limits = limits
    }

    /// The head and its length, once it is complete; nil until then.
    ///
    /// - Parameter bytes: All bytes received since the start of the head.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer
    ) throws(HTTPRefusal) -> (head: HTTPRequestHead, byteCount: Int)? {
        if let first = bytes.first, requestLine == nil { try Self.checkProtocol(first) }
        while let line = try lines.next(bytes) {
            guard lines.lineStart <= limits.headBytes else { throw headTooLarge }
            if requestLine == nil {
                if line.isEmpty, !hasSkippedLine {
                    hasSkippedLine = true
                } else {
                    requestLine = try HTTPRequestLine(bytes, line, limits)
                }
            } else if line.isEmpty {
                let head = try head(bytes)
                return (head, lines.lineStart)
            } else {
                guard fields.count < limits.fields else {
                    throw HTTPRefusal(431, "the request has more than \(limits.fields) header fields")
                }
                guard !bytes[line.lowerBound].isBlank else {
                    throw HTTPRefusal(400, "a header line begins with white space")
                }
                if fields.isEmpty { fields.reserveCapacity(24) }
                fields.append(try HTTPFieldLine(bytes, line))
            }
        }
        guard bytes.count <= limits.headBytes else { throw headTooLarge }
        return nil
    }

    /// Detects other protocols by their first byte, since they may never send a line end.
    private static func checkProtocol(_ first: UInt8) throws(HTTPRefusal) {
        switch first {
        // The first byte of the length prefix of a frame up to 32 MiB.
        case 0x00, 0x01:
            throw HTTPRefusal(400, "this socket speaks HTTP; Ultra's own protocol is spoken on ultrad.sock")
        case 0x16:
            throw HTTPRefusal(400, "this socket speaks HTTP without TLS; use http:// in place of https://")
        default:
            return
        }
    }

    private var headTooLarge: HTTPRefusal {
        requestLine == nil
            ? HTTPRefusal(414, "the request target is longer than \(limits.targetBytes) bytes")
            : HTTPRefusal(431, "request line and header fields are larger than \(limits.headBytes) bytes")
    }

    // MARK: - The whole head

    /// Values of the fields that affect how the request is read.
    private struct Decisive {
        var hosts: [String] = []
        var contentLength: Int?
        var isChunked = false
        var isClosing = false
        var isKeptAlive = false
        var expectsContinue = false
        var hasUnknownExpectation = false
        var isMultipart = false
        var isEncoded = false
    }

    private func head(_ bytes: UnsafeRawBufferPointer) throws(HTTPRefusal) -> HTTPRequestHead {
        guard let line = requestLine else { throw HTTPRefusal(400, "the request line is missing") }
        var decisive = Decisive()
        for field in fields { try read(field, bytes, &decisive) }
        var parts = Parts()
        parts.minorVersion = line.minorVersion
        parts.body = try body(decisive, line)
        parts.authority = try authority(decisive, line)
        // Fields that describe the body matter only if there is one.
        if parts.body != .none {
            if decisive.isMultipart { throw HTTPRefusal(415, "Content-Type is multipart; send a JSON body") }
            if decisive.isEncoded {
                throw HTTPRefusal(415, "Content-Encoding is not identity; send the body uncompressed")
            }
        }
        if line.minorVersion > 0 {
            if decisive.hasUnknownExpectation {
                throw HTTPRefusal(417, "Expect holds an expectation other than 100-continue")
            }
            parts.expectsContinue = decisive.expectsContinue && parts.body != .none
        }
        guard let method = line.method else {
            throw HTTPRefusal(501, "this method is not served; there are GET, HEAD, POST and OPTIONS")
        }
        guard line.path != "*" || method == .options else {
            throw HTTPRefusal(400, "the request target * belongs to OPTIONS alone")
        }
        parts.method = method
        parts.path = line.path
        parts.query = line.query
        parts.keepsAlive = !decisive.isClosing && (line.minorVersion > 0 || decisive.isKeptAlive)
        return HTTPRequestHead(parts, bytes: Array(bytes[..<lines.lineStart]), fields: fields)
    }

    private func read(
        _ field: HTTPFieldLine, _ bytes: UnsafeRawBufferPointer, _ found: inout Decisive
    ) throws(HTTPRefusal) {
        let (name, value) = (field.name, field.value)
        switch name.count {
        case 4 where bytes.holds("host", at: name):
            found.hosts.append(String(decoding: bytes[value], as: UTF8.self))
        case 6 where bytes.holds("expect", at: name):
            if bytes.holds("100-continue", at: value) {
                found.expectsContinue = true
            } else {
                found.hasUnknownExpectation = true
            }
        case 10 where bytes.holds("connection", at: name):
            for option in bytes.listElements(value) {
                if bytes.holds("close", at: option) { found.isClosing = true }
                if bytes.holds("keep-alive", at: option) { found.isKeptAlive = true }
            }
        case 12 where bytes.holds("content-type", at: name):
            let type = value.prefix(10)
            if bytes.holds("multipart/", at: type.startIndex..<type.endIndex) { found.isMultipart = true }
        case 14 where bytes.holds("content-length", at: name):
            guard found.contentLength == nil, (1...15).contains(value.count),
                bytes[value].allSatisfy(\.isDigit)
            else { throw HTTPRefusal(400, "Content-Length must be one number of at most 15 digits, once") }
            found.contentLength = bytes[value].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        case 16 where bytes.holds("content-encoding", at: name):
            if !value.isEmpty, !bytes.holds("identity", at: value) { found.isEncoded = true }
        case 17 where bytes.holds("transfer-encoding", at: name):
            guard !found.isChunked, bytes.holds("chunked", at: value) else {
                throw HTTPRefusal(400, "Transfer-Encoding must be chunked, once")
            }
            found.isChunked = true
        default:
            break
        }
    }

    /// Refuses Content-Length beside Transfer-Encoding, which is used for request smuggling (RFC 9112, section 11.2).
    private func body(
        _ found: Decisive, _ line: HTTPRequestLine
    ) throws(HTTPRefusal) -> HTTPRequestHead.Body {
        if found.isChunked {
            guard found.contentLength == nil else {
                throw HTTPRefusal(400, "give Content-Length or Transfer-Encoding, not both")
            }
            guard line.minorVersion > 0 else { throw HTTPRefusal(400, "HTTP/1.0 has no Transfer-Encoding") }
            return .chunked
        }
        guard let length = found.contentLength, length > 0 else { return .none }
        guard length <= limits.bodyBytes else { throw limits.bodyTooLarge }
        return .length(length)
    }

    /// HTTP/1.1 requires exactly one Host, HTTP/1.0 allows none; an absolute target overrides it (RFC 9112, section 3.2).
    private func authority(_ found: Decisive, _ line: HTTPRequestLine) throws(HTTPRefusal) -> String {
        guard found.hosts.count == 1 || found.hosts.isEmpty && line.minorVersion == 0 else {
            throw HTTPRefusal(400, "a request has exactly one Host field")
        }
        let host = found.hosts.first ?? ""
        guard HTTPAuthority.isValid(host.utf8) else { throw HTTPRefusal(400, "Host is not HOST or HOST:PORT") }
        return line.authority ?? host
    }
}

extension UnsafeRawBufferPointer {
    /// The elements of a comma-separated list (RFC 9110, section 5.6.1), without white space around them.
    fileprivate func listElements(_ list: Range<Int>) -> [Range<Int>] {
        var elements: [Range<Int>] = []
        var start = list.lowerBound
        while start < list.upperBound {
            let end = self[start..<list.upperBound].firstIndex(of: UInt8(ascii: ",")) ?? list.upperBound
            var element = start..<end
            while let first = element.first, self[first].isBlank { element = element.dropFirst() }
            while let last = element.last, self[last].isBlank { element = element.dropLast() }
            elements.append(element)
            start = end + 1
        }
        return elements
    }
}
