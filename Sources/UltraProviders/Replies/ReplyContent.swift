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
        receive(content, textSaid: 0, reasoningSaid: 0)
    }

    /// Delivers what is new in `content`, which is everything the reply contains so far.
    /// - Parameter isPieceElse: for content that does not begin with the delivered content: true delivers it as a
    ///   continuation, false drops it as another form of the same content.
    mutating func receiveWhole(_ content: ReplyContent, isPieceElse: Bool = false) {
        func known(_ said: SaidText, in text: String) -> Int {
            if said.isPrefix(of: text) { return said.byteCount }
            return isPieceElse ? 0 : .max
        }
        receive(
            content, textSaid: known(saidText, in: content.text),
            reasoningSaid: known(saidReasoning, in: content.reasoning))
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
    private static let leastRepeatedBytes = 8

    private func repeatsAll(_ content: ReplyContent) -> Bool {
        func repeats(_ said: SaidText, _ text: String) -> Bool {
            said.byteCount >= Self.leastRepeatedBytes && said.isPrefix(of: text)
        }
        let text = content.text
        if !text.isEmpty { return repeats(saidText, text) }
        return repeats(saidReasoning, content.reasoning) || calls.isRepeated(by: content.calls)
    }

    /// - Parameters:
    ///   - textSaid: the number of bytes at the beginning of the text that were delivered before.
    ///   - reasoningSaid: the same for reasoning.
    private mutating func receive(_ content: ReplyContent, textSaid: Int, reasoningSaid: Int) {
        var (textSaid, reasoningSaid) = (textSaid, reasoningSaid)
        for part in content.parts {
            switch part {
            case .text(let text): self.text(Self.rest(of: text, &textSaid))
            case .refusal(let text): refusal(Self.rest(of: text, &textSaid))
            case .reasoning(let text): reasoning(Self.rest(of: text, &reasoningSaid))
            case .signature(let signature, let id): reasoningSignature(signature, id: id)
            case .call(let piece): toolCall(piece)
            }
        }
    }

    private static func rest(of text: String, _ said: inout Int) -> String {
        let count = min(text.utf8.count, said)
        said -= count
        return text.dropping(count)
    }

    // MARK: - Numbered parts

    /// Delivers what is new in `text`, the complete part `key` of the text.
    /// - Parameter alias: the number under which the part's pieces came if they had none of their own.
    mutating func wholeText(_ text: String, part key: Int, alias: Int, isRefusal: Bool = false) {
        guard let rest = textParts.news(in: text, part: key, alias, after: saidText) else { return }
        textParts.select(key, after: saidText)
        isRefusal ? refusal(rest) : self.text(rest)
    }

    /// Delivers what is new in `text`, the complete part `key` of the reasoning.
    /// - Parameter separator: delivered before it if none of the part was delivered yet.
    mutating func wholeReasoning(_ text: String, part key: Int, alias: Int, after separator: String = "") {
        guard let rest = reasoningParts.news(in: text, part: key, alias, after: saidReasoning) else { return }
        if rest.utf8.count == text.utf8.count { reasoning(separator) }
        reasoningParts.select(key, after: saidReasoning)
        reasoning(rest)
    }
}

extension SaidParts {
    /// The part of `text`, the complete part `key`, that was not delivered yet; nil if there is none.
    fileprivate func news(in text: String, part key: Int, _ alias: Int, after total: SaidText) -> String? {
        guard !text.isEmpty else { return nil }
        var said = self[key, after: total]
        if said.isEmpty, self[alias, after: total].isPrefix(of: text) { said = self[alias, after: total] }
        // Some servers send one part under two numbers.
        if said.isEmpty, let last = last(after: total), last.rest(of: text)?.isEmpty == true { return nil }
        guard let rest = said.rest(of: text), !rest.isEmpty else { return nil }
        return rest
    }
}
