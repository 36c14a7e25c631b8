/// A key. It cannot be printed: description, reflection and interpolation show `<redacted>`.
package struct Secret: Sendable, Equatable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let value: String

    package init(_ value: String) {
        self.value = value
    }

    /// The only way to the key itself; for building the header that carries it.
    package func exposed() -> String { value }

    /// Too short for any provider's key: a word such as `ollama`, `EMPTY` or `none`, which programs want where a server
    /// needs no key. It is nothing to hide, and occurs in sentences.
    package var isPlaceholder: Bool { value.utf8.count < Self.shortestKeyBytes }

    private static let shortestKeyBytes = 12

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
