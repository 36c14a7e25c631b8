package import UltraAPI

/// Prepares a provider's text for display: one line, bounded length, keys redacted.
package enum ErrorText {
    /// The maximum length of a provider's message.
    package static let limitBytes = 400
    /// The maximum length of a reply's excerpt in an `upstream_protocol` error, as the frame protocol specifies.
    package static let excerptLimitBytes = 200

    /// Collapses white space, redacts keys and truncates the text.
    /// - Parameter key: the key that the request carried. It is redacted even if it does not look like a key, unless it
    ///   is a placeholder.
    package static func cleaned(_ text: String, key: Secret?, limitBytes: Int = Self.limitBytes) -> String {
        var words: [String] = []
        for word in text.split(whereSeparator: {
            $0.isWhitespace || $0.isNewline || $0.asciiValue.map { $0 < 32 } == true
        }) {
            words.append(redacted(word, key: key))
        }
        return prefix(words.joined(separator: " "), bytes: limitBytes)
    }

    /// Returns the text around byte `offset` of a reply that could not be decoded, cleaned for display.
    package static func excerpt(_ bytes: UnsafeRawBufferPointer, at offset: Int, key: Secret?) -> String {
        // Redaction may shorten the excerpt but never lengthens it beyond the limit.
        var start = max(0, min(offset, bytes.count) - excerptLimitBytes / 2)
        var end = min(bytes.count, start + excerptLimitBytes)
        if let key, !key.isPlaceholder {
            // A truncated key would not be recognised and redacted, so cut the excerpt before or after the key.
            let key = Array(key.exposed().utf8)
            if let cut = occurrence(of: key, around: start, in: bytes) { start = cut.upperBound }
            if let cut = occurrence(of: key, around: end, in: bytes) { end = max(start, cut.lowerBound) }
        }
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        return cleaned(text, key: key, limitBytes: excerptLimitBytes)
    }

    /// The range of `key` in `bytes` if it begins before `index` and ends after it.
    private static func occurrence(
        of key: [UInt8], around index: Int, in bytes: UnsafeRawBufferPointer
    ) -> Range<Int>? {
        let first = max(0, index - key.count + 1)
        return (first..<max(first, index)).lazy.map { $0..<($0 + key.count) }.first {
            $0.upperBound <= bytes.count && bytes[$0].elementsEqual(key)
        }
    }

    /// Replaces the keys in `word`. A key is recognised by a known prefix, by the asterisks of a provider's own
    /// masking, or as a run of at least 20 letters and digits that has both.
    private static func redacted(_ word: Substring, key: Secret?) -> String {
        var result = ""
        var rest = word
        if let key, !key.isPlaceholder {
            let exposed = key.exposed()
            while let found = rest.firstRange(of: exposed) {
                result += redacted(rest[..<found.lowerBound], key: nil) + redaction
                rest = rest[found.upperBound...]
            }
        }
        for piece in pieces(of: rest) {
            result += isKey(piece) ? redaction : String(piece)
        }
        return result
    }

    private static let redaction = "<redacted>"

    /// Splits a word into runs of characters that can occur in keys, and the runs between them.
    private static func pieces(of word: Substring) -> [Substring] {
        var pieces: [Substring] = []
        var rest = word
        while let first = rest.first {
            let run = isKeyCharacter(first) ? rest.prefix(while: isKeyCharacter) : rest.prefix { !isKeyCharacter($0) }
            pieces.append(run)
            rest = rest[run.endIndex...]
        }
        return pieces
    }

    private static func isKeyCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "-_*".contains(character))
    }

    private static func isKey(_ piece: Substring) -> Bool {
        if piece.count >= 6, prefixes.contains(where: piece.hasPrefix) { return true }
        if piece.contains("**") { return piece.contains { $0 != "*" } || piece.count > 4 }
        // A request id is as long as a key but harmless, and the provider's support asks for it.
        if piece.hasPrefix("req_") { return false }
        return piece.split(whereSeparator: { $0 == "-" || $0 == "_" }).contains { run in
            run.count >= 20 && run.contains(where: \.isNumber) && run.contains(where: \.isLetter)
        }
    }

    /// The prefixes of known providers' keys.
    private static let prefixes = [
        "sk-", "sk_", "pk-", "AIza", "gsk_", "xai-", "fw_", "tgp_", "hf_", "key-", "csk-", "nvapi-", "pplx-",
    ]

    /// Truncates to at most `bytes` UTF-8 bytes, between characters, and marks the cut with "…".
    private static func prefix(_ text: String, bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: bytes - 3)
        while end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }
}

extension ErrorText {
    /// The action that resolves this kind of provider error; nil if there is none to suggest.
    static func hint(_ code: ErrorCode) -> String? {
        switch code {
        case .authentication: "the key is wrong, expired or of another project: set a valid one"
        case .permissionDenied: "the key may not do this: change its rights at the provider, or use another key"
        case .quotaExceeded: "add credit or raise the spending limit at the provider"
        case .modelNotFound: "the provider does not have this model, or the key may not use it"
        case .contextLength: "shorten the conversation, lower max_tokens, or choose a model with a larger window"
        case .contentFiltered: "the provider's content rules refuse this request: rephrase it"
        default: nil
        }
    }
}
