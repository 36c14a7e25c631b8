internal import Glibc

/// A system call that failed.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The call's name, as in its man page.
    package let call: String
    package let code: CInt

    package init(_ call: String, code: CInt = errno) {
        self.call = call
        self.code = code
    }

    /// `bind: Address already in use`
    package var description: String { "\(call): \(String(cString: strerror(code)))" }
}
