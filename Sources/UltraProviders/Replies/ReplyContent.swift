import UltraAPI

/// The ordered content of a part of a reply that may repeat what was delivered before.
struct ReplyContent {
    enum Part {
        case text(String)
        case refusal(String)
        case reasoning(String)
        /// - Parameter id: the id of the signed reasoning, for providers whose signature differs in each repetition.
        case signature(String, id: String? = nil)
        case call(CallAssembly.Piece)
    }

    var parts: [Part] = []

    var text: String {
        parts.reduce(into: "") { text, part in
            switch part {
            case .text(let piece), .refusal(let piece): text += piece
            case .reasoning, .signature, .call: break
            }
        }
    }

    var reasoning: String {
        parts.reduce(into: "") { text, part in
            if case .reasoning(let piece) = part { text += piece }
        }
    }

    var calls: [CallAssembly.Piece] {
        parts.compactMap { part in
            if case .call(let piece) = part { piece } else { nil }
        }
    }
}

// MARK: - Repeated content

/// Some servers repeat at the end of a stream, or in every event, what earlier events contained. The repetition is
/// compared with the delivered content, and only the remainder is delivered.
extension ReplyState {
    /// Delivers content that is entirely new.
    mutating func receive(_ content: ReplyContent) {
        receive(content, knownTextBytes: 0, knownReasoningBytes: 0)
    }

    /// Delivers what is new in `content`, which is everything the reply contains so far.
    /// - Parameter isPieceElse: for content that does not begin with the delivered content: true delivers it as a
    ///   continuation, false drops it as another form of the same content.
    mutating func receiveWhole(_ content: ReplyContent, isPieceElse: Bool = false) {
        func knownBytes(_ delivered: TextDigest, in text: String) -> Int {
            if delivered.isPrefix(of: text) { return delivered.byteCount }
            return isPieceElse ? 0 : .max
        }
        receive(
            content, knownTextBytes: knownBytes(textDigest, in: content.text),
            knownReasoningBytes: knownBytes(reasoningDigest, in: content.reasoning))
    }

    /// Delivers what is new in the last event of a stream: `content` is either one more piece or a repetition of
    /// everything.
    mutating func receiveLast(_ content: ReplyContent) {
        guard repeatsAll(content) else { return receive(content) }
        var content = content
        var number = 0
        for index in content.parts.indices {
            guard case .call(var piece) = content.parts[index] else { continue }
            piece.form = .whole
            piece.key = piece.key ?? number
            content.parts[index] = .call(piece)
            number += 1
        }
        receiveWhole(content)
    }

    /// Shorter texts may occur twice by chance.
    private static let minimumRepeatedBytes = 8

    private func repeatsAll(_ content: ReplyContent) -> Bool {
        func repeats(_ delivered: TextDigest, _ text: String) -> Bool {
            delivered.byteCount >= Self.minimumRepeatedBytes && delivered.isPrefix(of: text)
        }
        let text = content.text
        if !text.isEmpty { return repeats(textDigest, text) }
        return repeats(reasoningDigest, content.reasoning) || calls.isRepeated(by: content.calls)
    }

    /// - Parameters:
    ///   - textSaid: the number of bytes at the beginning of the text that were delivered before.
    ///   - reasoningSaid: the same for reasoning.
    private mutating func receive(_ content: ReplyContent, knownTextBytes: Int, knownReasoningBytes: Int) {
        var (knownTextBytes, knownReasoningBytes) = (knownTextBytes, knownReasoningBytes)
        for part in content.parts {
            switch part {
            case .text(let text): self.text(Self.rest(of: text, &knownTextBytes))
            case .refusal(let text): refusal(Self.rest(of: text, &knownTextBytes))
            case .reasoning(let text): reasoning(Self.rest(of: text, &knownReasoningBytes))
            case .signature(let signature, let id): reasoningSignature(signature, id: id)
            case .call(let piece): toolCall(piece)
            }
        }
    }

    private static func rest(of text: String, _ knownBytes: inout Int) -> String {
        let count = min(text.utf8.count, knownBytes)
        knownBytes -= count
        return text.dropping(count)
    }

    // MARK: - Numbered parts

    /// Delivers what is new in `text`, the complete part `key` of the text.
    /// - Parameter alias: the number under which the part's pieces came if they had none of their own.
    mutating func wholeText(_ text: String, part key: Int, alias: Int, isRefusal: Bool = false) {
        guard let rest = textParts.undelivered(in: text, part: key, alias, after: textDigest) else { return }
        textParts.select(key, after: textDigest)
        isRefusal ? refusal(rest) : self.text(rest)
    }

    /// Delivers what is new in `text`, the complete part `key` of the reasoning.
    /// - Parameter separator: delivered before it if none of the part was delivered yet.
    mutating func wholeReasoning(_ text: String, part key: Int, alias: Int, after separator: String = "") {
        guard let rest = reasoningParts.undelivered(in: text, part: key, alias, after: reasoningDigest) else { return }
        if rest.utf8.count == text.utf8.count { reasoning(separator) }
        reasoningParts.select(key, after: reasoningDigest)
        reasoning(rest)
    }
}

extension PartDigests {
    /// The part of `text`, the complete part `key`, that was not delivered yet; nil if there is none.
    fileprivate func undelivered(in text: String, part key: Int, _ alias: Int, after total: TextDigest) -> String? {
        guard !text.isEmpty else { return nil }
        var delivered = self[key, after: total]
        if delivered.isEmpty, self[alias, after: total].isPrefix(of: text) { delivered = self[alias, after: total] }
        // Some servers send one part under two numbers.
        if delivered.isEmpty, let last = last(after: total), last.rest(of: text)?.isEmpty == true { return nil }
        guard let rest = delivered.rest(of: text), !rest.isEmpty else { return nil }
        return rest
    }
}
