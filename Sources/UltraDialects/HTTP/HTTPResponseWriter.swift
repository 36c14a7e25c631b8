/// Writes HTTP/1.1 responses to the unsent bytes of a connection.
///
/// What is from outside goes into header fields as visible ASCII only, so that no value can begin a field of its own.
package struct HTTPResponseWriter: Sendable {
    /// How the end of the body is told.
    package enum Body: Sendable, Equatable {
        /// None may follow, as to HEAD and with 204; the length is what GET would have had, nil where none is told.
        case none(length: Int?)
        case length(Int)
        /// By chunks, or to HTTP/1.0 by the end of the connection.
        case open
    }

    /// What of the request and the connection shapes the response.
    package struct Mode: Sendable, Equatable {
        /// Of the request: 0 or 1.
        package var minorVersion: Int
        /// Another request may follow on the connection.
        package var keepsAlive: Bool

        package init(minorVersion: Int, keepsAlive: Bool) {
            self.minorVersion = minorVersion
            self.keepsAlive = keepsAlive
        }
    }

    private var isChunked = false
    /// Where the size of the chunk that is being written stands in the unsent bytes; nil: none is.
    private var chunkStart: Int?

    package init() {}

    // MARK: - Heads

    /// `100 Continue`: the body may be sent.
    package static func continueResponse(to bytes: inout [UInt8]) {
        append("HTTP/1.1 100 Continue\r\n\r\n", to: &bytes)
    }

    /// - Parameters:
    ///   - date: as `HTTPDateText` writes it.
    ///   - fields: those of this response, beside Date, Connection, Content-Length and Transfer-Encoding.
    /// - Returns: whether the connection stays open: without chunks an open body ends with it.
    @discardableResult
    package mutating func head(
        _ status: Int, _ mode: Mode, date: String, _ body: Body, fields: [HTTPResponseField], to bytes: inout [UInt8]
    ) -> Bool {
        isChunked = body == .open && mode.minorVersion > 0
        let staysOpen = mode.keepsAlive && (body != .open || isChunked)
        Self.append("HTTP/1.1 ", to: &bytes)
        Self.append(String(status), to: &bytes)
        Self.append(" ", to: &bytes)
        Self.append(HTTPStatusText.reason(status), to: &bytes)
        Self.append("\r\nDate: ", to: &bytes)
        Self.append(date, to: &bytes)
        for field in fields {
            Self.append("\r\n", to: &bytes)
            Self.append(field.name, to: &bytes)
            Self.append(": ", to: &bytes)
            Self.appendVisible(field.value, to: &bytes)
        }
        switch body {
        case .none(let length?), .length(let length):
            Self.append("\r\nContent-Length: ", to: &bytes)
            Self.append(String(length), to: &bytes)
        case .none(nil): break
        case .open: if isChunked { Self.append("\r\nTransfer-Encoding: chunked", to: &bytes) }
        }
        // The default of the client's version is told too where it is not ours (RFC 9112, section 9.3).
        if !staysOpen {
            Self.append("\r\nConnection: close", to: &bytes)
        } else if mode.minorVersion == 0 {
            Self.append("\r\nConnection: keep-alive", to: &bytes)
        }
        Self.append("\r\n\r\n", to: &bytes)
        return staysOpen
    }

    /// Appends `value` with everything but visible ASCII and spaces between percent-encoded.
    private static func appendVisible(_ value: String, to bytes: inout [UInt8]) {
        for byte in value.utf8 {
            if byte >= 0x20, byte < 0x7F {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(hexDigit(byte >> 4))
                bytes.append(hexDigit(byte & 15))
            }
        }
    }

    // MARK: - Bodies

    /// Appends to an open body what `write` appends to `bytes`; all of it until `flush` is one chunk.
    package mutating func content(to bytes: inout [UInt8], _ write: (inout [UInt8]) -> Void) {
        if isChunked, chunkStart == nil {
            chunkStart = bytes.count
            // Leading zeros are part of a size (RFC 9112, section 7.1), so it can be set when it is known.
            Self.append("00000000\r\n", to: &bytes)
        }
        write(&bytes)
    }

    /// Ends the chunk that is being written: `bytes`, the same as before, may be sent.
    package mutating func flush(_ bytes: inout [UInt8]) {
        guard let start = chunkStart else { return }
        chunkStart = nil
        let size = bytes.count - start - Self.sizeLineBytes
        guard size > 0 else {
            // A chunk without bytes would end the body.
            bytes.removeLast(Self.sizeLineBytes)
            return
        }
        for digit in 0..<8 {
            bytes[start + digit] = Self.hexDigit(UInt8(truncatingIfNeeded: size >> (28 - 4 * digit) & 15))
        }
        Self.append("\r\n", to: &bytes)
    }

    /// Ends an open body.
    package mutating func end(to bytes: inout [UInt8]) {
        flush(&bytes)
        if isChunked { Self.append("0\r\n\r\n", to: &bytes) }
        isChunked = false
    }

    /// Eight digits and CRLF.
    private static let sizeLineBytes = 10

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") - 10 + value
    }

    private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: text.utf8)
    }
}

/// A header field of a response.
package struct HTTPResponseField: Sendable, Equatable {
    package let name: StaticString
    package let value: String

    package init(_ name: StaticString, _ value: String) {
        self.name = name
        self.value = value
    }

    package static func == (left: HTTPResponseField, right: HTTPResponseField) -> Bool {
        "\(left.name)" == "\(right.name)" && left.value == right.value
    }
}

/// Reason phrases of RFC 9110, section 15, and RFC 6585; clients ignore them.
enum HTTPStatusText {
    static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 424: "Failed Dependency"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 508: "Loop Detected"
        case 529: "Overloaded"
        default: ""
        }
    }
}
