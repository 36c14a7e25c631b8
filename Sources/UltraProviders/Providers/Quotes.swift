/// Quotes that belonged to a file's syntax, and were taken for a part of the value.
package enum Quotes {
    /// `text` without the pair of quotes around it, single or double, if there is one.
    package static func removed(from text: some StringProtocol) -> String {
        guard text.count >= 2, let first = text.first, first == "\"" || first == "'", text.last == first else {
            return String(text)
        }
        return Settings.trimmed(Substring(text.dropFirst().dropLast()))
    }
}
