/// The reason to refuse a request before its content is read.
///
/// The connection closes after a refusal of the decoder, because the start of the next request is unknown.
package struct HTTPRefusal: Error, Sendable, Equatable {
    /// Such as 400 or 431 (RFC 9110, section 15).
    package let status: Int
    /// One sentence for the client. It never contains bytes of the request.
    package let message: String

    /// The methods that are allowed, for the field `Allow` of a 405.
    package let allowed: String?

    package init(_ status: Int, _ message: String, allowed: String? = nil) {
        self.status = status
        self.message = message
        self.allowed = allowed
    }
}
