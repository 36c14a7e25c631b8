internal import Glibc

/// A failed system call.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name of the call, as in its man page.
    package let call: String
    /// The value of errno(3).
    package let code: CInt

    package init(_ call: String, code: CInt = errno) {
        self.call = call
        self.code = code
    }

    /// For example `bind: Address already in use`.
    package var description: String { "\(call): \(String(cString: strerror(code)))" }
}
