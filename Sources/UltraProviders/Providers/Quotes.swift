/// Removal of quotes that belong to the syntax of an environment file but were read as part of a value.
package enum Quotes {
    /// Returns `text` without a pair of single or double quotes around it.
    package static func removed(from text: some StringProtocol) -> String {
        guard text.count >= 2, let first = text.first, first == "\"" || first == "'", text.last == first else {
            return String(text)
        }
        return Settings.trimmed(Substring(text.dropFirst().dropLast()))
    }
}
