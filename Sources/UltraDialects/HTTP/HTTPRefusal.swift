/// Why a request is refused before its content is looked at; the connection closes after the answer, because where the
/// next request begins is no longer certain.
package struct HTTPRefusal: Error, Sendable, Equatable {
    /// Such as 400 or 431 (RFC 9110, section 15).
    package let status: Int
    /// One sentence that says what is wrong; never holds bytes of the request.
    package let message: String

    package init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }
}
