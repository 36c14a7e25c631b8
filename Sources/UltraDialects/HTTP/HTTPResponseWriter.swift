/// Writes HTTP/1.1 responses to the unsent bytes of a connection.
///
/// Header values are written as visible ASCII only, so that a value from outside cannot inject a field.
package struct HTTPResponseWriter: Sendable {
    /// The framing of the response's body.
    package enum Body: Sendable, Equatable {
        /// No body, as for HEAD and 204. `length` is the Content-Length that GET would get; nil: no Content-Length.
        case none(length: Int?)
        case length(Int)
        /// Of unknown length: chunked, or up to the end of the connection for HTTP/1.0.
        case open
    }

    /// Properties of the request and the connection that affect the response.
    package struct Mode: Sendable, Equatable {
        /// The minor HTTP version of the request: 0 or 1.
        package var minorVersion: Int
        /// Another request may follow on the connection.
        package var keepsAlive: Bool

        package init(minorVersion: Int, keepsAlive: Bool) {
            self.minorVersion = minorVersion
            self.keepsAlive = keepsAlive
        }
    }

    private var isChunked = false
    /// Offset of the open chunk's size line in the unsent bytes; nil: no chunk is open.
    private var chunkStart: Int?

    package init() {}

    // MARK: - Heads

    /// `100 Continue`: the body may be sent.
    package static func continueResponse(to bytes: inout [UInt8]) {
        append("HTTP/1.1 100 Continue\r\n\r\n", to: &bytes)
    }

    /// - Parameters:
    ///   - date: The value of `Date`, from `HTTPDateText`.
    ///   - fields: All fields except Date, Connection, Content-Length and Transfer-Encoding.
    /// - Returns: False if the connection must close after the response.
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
        // HTTP/1.0 clients expect the connection to close unless told otherwise (RFC 9112, section 9.3).
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

    /// Appends content of an open body. All content between two calls of `flush` becomes one chunk.
    package mutating func content(to bytes: inout [UInt8], _ write: (inout [UInt8]) -> Void) {
        if isChunked, chunkStart == nil {
            chunkStart = bytes.count
            // Placeholder: a size may have leading zeros (RFC 9112, section 7.1).
            Self.append("00000000\r\n", to: &bytes)
        }
        write(&bytes)
    }

    /// Closes the open chunk, so that `bytes` can be sent.
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
