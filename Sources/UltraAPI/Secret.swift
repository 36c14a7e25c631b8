/// An API key. It cannot be printed: description, reflection and interpolation show `<redacted>`.
package struct Secret: Sendable, Equatable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let value: String

    package init(_ value: String) {
        self.value = value
    }

    /// The key itself, for the header that carries it.
    package func exposed() -> String { value }

    /// True if it is too short for a real key. Programs use words such as `ollama`, `EMPTY` or `none` where a server
    /// needs no key; these are not secret and occur in normal text, so they need no redaction.
    package var isPlaceholder: Bool { value.utf8.count < Self.shortestKeyBytes }

    private static let shortestKeyBytes = 12

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
