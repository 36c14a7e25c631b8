package import UltraAPI

extension Secret {
    /// Splits a text into keys at commas and line ends, without blanks, quotes or a byte order mark around them, and
    /// without duplicates; nil if a key has a character that a header field cannot hold.
    package static func keys(in text: String) -> [Secret]? {
        var keys: [Secret] = []
        let text = Quotes.removed(from: Settings.trimmed(text.drop { $0 == "\u{FEFF}" }))
        for piece in text.split(whereSeparator: { $0 == "," || $0.isNewline }) {
            let key = Quotes.removed(from: Settings.trimmed(piece))
            guard Settings.isHeaderValue(key) else { return nil }
            if !key.isEmpty, !keys.contains(Secret(key)) { keys.append(Secret(key)) }
        }
        return keys
    }
}
