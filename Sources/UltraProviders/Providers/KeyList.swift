package import UltraAPI

extension Secret {
    /// The keys of a text, separated by commas or ends of lines, without blanks, quotes and byte order mark around
    /// them, each once; `nil`: one of them holds what no header may.
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
