package import UltraAPI

/// Makes what a provider wrote fit to be shown: one line, bounded, and without anything that looks like a key.
package enum ErrorText {
    /// Longest message taken from a provider.
    package static let limitBytes = 400
    /// Longest excerpt of a reply in an `upstream_protocol` error; fixed by the wire protocol.
    package static let excerptLimitBytes = 200

    /// - Parameter key: the key the request carried; taken out even if it looks like nothing of the kind, unless it is
    ///   a placeholder.
    package static func cleaned(_ text: String, key: Secret?, limitBytes: Int = Self.limitBytes) -> String {
        var words: [String] = []
        for word in text.split(whereSeparator: {
            $0.isWhitespace || $0.isNewline || $0.asciiValue.map { $0 < 32 } == true
        }) {
            words.append(redacted(word, key: key))
        }
        return prefix(words.joined(separator: " "), bytes: limitBytes)
    }

    /// What surrounds byte `offset` of a reply that could not be read.
    package static func excerpt(_ bytes: UnsafeRawBufferPointer, at offset: Int, key: Secret?) -> String {
        // Cleaning may shorten the text but never lengthens it beyond the bound.
        var start = max(0, min(offset, bytes.count) - excerptLimitBytes / 2)
        var end = min(bytes.count, start + excerptLimitBytes)
        if let key, !key.isPlaceholder {
            // A part of a key would not be told for one.
            let key = Array(key.exposed().utf8)
            if let cut = occurrence(of: key, around: start, in: bytes) { start = cut.upperBound }
            if let cut = occurrence(of: key, around: end, in: bytes) { end = max(start, cut.lowerBound) }
        }
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        return cleaned(text, key: key, limitBytes: excerptLimitBytes)
    }

    /// Where `key` lies in `bytes`, if it begins before `index` and ends after it.
    private static func occurrence(
        of key: [UInt8], around index: Int, in bytes: UnsafeRawBufferPointer
    ) -> Range<Int>? {
        let first = max(0, index - key.count + 1)
        return (first..<max(first, index)).lazy.map { $0..<($0 + key.count) }.first {
            $0.upperBound <= bytes.count && bytes[$0].elementsEqual(key)
        }
    }

    /// `word` without its keys. Keys are told by their prefix, by asterisks a provider put in, or by being long,
    /// unbroken and both letters and digits.
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

    /// Runs of characters that occur in keys, and the characters between them.
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
        // A request id is long too, and support asks for it.
        if piece.hasPrefix("req_") { return false }
        return piece.split(whereSeparator: { $0 == "-" || $0 == "_" }).contains { run in
            run.count >= 20 && run.contains(where: \.isNumber) && run.contains(where: \.isLetter)
        }
    }

    /// How the keys of known providers begin.
    private static let prefixes = [
        "sk-", "sk_", "pk-", "AIza", "gsk_", "xai-", "fw_", "tgp_", "hf_", "key-", "csk-", "nvapi-", "pplx-",
    ]

    /// The longest prefix within `bytes` UTF-8 bytes that ends between characters.
    private static func prefix(_ text: String, bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: bytes - 3)
        while end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }
}

extension ErrorText {
    /// What the reader of an upstream's error can do next.
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
