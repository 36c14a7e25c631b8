/// Why a request is refused before its content is looked at.
///
/// After one of the decoder's the connection closes, because where the next request begins is no longer certain.
package struct HTTPRefusal: Error, Sendable, Equatable {
    /// Such as 400 or 431 (RFC 9110, section 15).
    package let status: Int
    /// One sentence that says what is wrong; never holds bytes of the request.
    package let message: String

    /// The methods that are allowed, for the field `Allow` of a 405.
    package let allowed: String?

    package init(_ status: Int, _ message: String, allowed: String? = nil) {
        self.status = status
        self.message = message
        self.allowed = allowed
    }
}
