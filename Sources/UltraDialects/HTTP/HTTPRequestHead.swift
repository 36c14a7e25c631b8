/// Request line and header fields of one request, valid by RFC 9112 and the stricter rules of ultra-http(7).
package struct HTTPRequestHead: Sendable, Equatable {
    package enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case options = "OPTIONS"
    }

    /// How the body is framed.
    package enum Body: Sendable, Equatable {
        case none
        /// At least 1 byte.
        case length(Int)
        case chunked
    }

    package let method: Method
    /// The path as sent, not decoded, without the query. Begins with `/`, or is `*` for OPTIONS.
    package let path: String
    /// The text after `?`, not decoded; nil: the target has no `?`.
    package let query: String?
    /// Host and port: of the target if that is absolute, otherwise of the field `Host`. Empty if the client sent none.
    package let authority: String
    /// The minor version of HTTP/1: 0 or 1.
    package let minorVersion: Int
    package let body: Body
    /// The client may send another request on this connection.
    package let keepsAlive: Bool
    /// The client waits for `100 Continue` before it sends the body.
    package let expectsContinue: Bool

    /// The whole head as it came.
    private let bytes: [UInt8]
    private let fields: [HTTPFieldLine]

    init(_ parts: HTTPHeadDecoder.Parts, bytes: [UInt8], fields: [HTTPFieldLine]) {
        method = parts.method
        path = parts.path
        query = parts.query
        authority = parts.authority
        minorVersion = parts.minorVersion
        body = parts.body
        keepsAlive = parts.keepsAlive
        expectsContinue = parts.expectsContinue
        self.bytes = bytes
        self.fields = fields
    }

    /// Values of the fields called `name`, in the order they came; bytes that are not UTF-8 read as U+FFFD.
    ///
    /// - Parameter name: in lower case.
    package func values(_ name: StaticString) -> [String] {
        bytes.withUnsafeBytes { bytes in
            fields.filter { bytes.holds(name, at: $0.name) }
                .map { String(decoding: bytes[$0.value], as: UTF8.self) }
        }
    }

    /// The value of the first field called `name`; nil: there is none.
    ///
    /// - Parameter name: in lower case.
    package subscript(name: StaticString) -> String? {
        bytes.withUnsafeBytes { bytes in
            fields.first { bytes.holds(name, at: $0.name) }.map { String(decoding: bytes[$0.value], as: UTF8.self) }
        }
    }

    /// All fields in the order they came, byte for byte.
    package var rawFields: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
        fields.map { (bytes[$0.name], bytes[$0.value]) }
    }
}
