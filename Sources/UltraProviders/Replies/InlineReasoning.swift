/// Merges reasoning that comes in a separate field, in a tag at the beginning of the text, or in both, so that it is
/// delivered once.
struct InlineReasoning: Sendable {
    private var leading = ThinkTag()
    /// All reasoning from the field, and from the tag, while they may have to be compared.
    private var field = ""
    private var tag = ""
    /// Reasoning from the tag that is held back because the field may contain the same.
    private var held = ""
    private var repetition: RepeatedText?

    /// True if the rest of the text has no tag.
    var isOver: Bool { leading.isOver }

    /// Processes a piece from the field and returns the part to deliver.
    mutating func receiveField(_ text: String) -> String {
        guard !leading.isOver || !tag.isEmpty else { return text }
        // The tag came first and was delivered.
        if field.isEmpty, !tag.isEmpty { repetition = RepeatedText(tag) }
        field += text
        return repetition?.receive(text) ?? text
    }

    /// Processes a piece of text and returns the parts to deliver.
    mutating func receive(_ text: String) -> (reasoning: String, text: String) {
        settled(leading.receive(text))
    }

    /// Returns what is held back, because a tool call follows.
    mutating func finish() -> (reasoning: String, text: String) {
        settled(leading.finish())
    }

    /// Returns what is held back at the end of the answer.
    mutating func conclude() -> (reasoning: String, text: String) {
        var found: (reasoning: String, text: String) = leading.isOver ? ("", "") : finish()
        guard !held.isEmpty else { return found }
        found.reasoning += Self.trimmed(tag).dropping(Self.trimmed(field).utf8.count)
        held = ""
        return found
    }

    private mutating func settled(_ found: (reasoning: String, text: String)) -> (reasoning: String, text: String) {
        var reasoning = found.reasoning
        if !reasoning.isEmpty {
            tag += reasoning
            if !field.isEmpty {
                held += reasoning
                reasoning = ""
            }
        }
        guard leading.isOver, !held.isEmpty else { return (reasoning, found.text) }
        let (known, told) = (Self.trimmed(field), Self.trimmed(tag))
        if known.utf8.starts(with: told.utf8) {
            held = ""
        } else if !told.utf8.starts(with: known.utf8) {
            reasoning += held
            held = ""
        }
        return (reasoning, found.text)
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.utf8.drop(while: \.isJSONWhitespace)
        guard let last = start.lastIndex(where: { !$0.isJSONWhitespace }) else { return "" }
        return String(decoding: start[...last], as: UTF8.self)
    }
}

/// Separates `<think>…</think>` at the beginning of an answer from its text, piece by piece. Servers without a field
/// for reasoning send it this way.
struct ThinkTag: Sendable {
    private enum State {
        case undecided
        /// - `hasBegun`: true once more than white space was received.
        case thinking(hasBegun: Bool)
        /// Skipping white space after the closing tag.
        case between
        case over
    }

    private var state = State.undecided
    /// White space received before text that may be a tag.
    private var blank = ""
    /// Text that may be the beginning of a tag.
    private var held = ""

    private static let start = "<think>"
    private static let end = "</think>"

    /// True if no text is held back and none will be.
    var isOver: Bool {
        if case .over = state { true } else { false }
    }

    /// Processes a piece of text and returns the parts to deliver.
    mutating func receive(_ piece: String) -> (reasoning: String, text: String) {
        held += piece
        switch state {
        case .undecided:
            // Each piece of white space is scanned once, so that many pieces take linear time.
            let word = held.wordStart
            if word > held.startIndex {
                blank += held[..<word]
                held = String(held[word...])
            }
            if held.utf8.starts(with: Self.start.utf8) {
                blank = ""
                held = held.dropping(Self.start.utf8.count)
                state = .thinking(hasBegun: false)
                return receive("")
            }
            return Self.start.utf8.starts(with: held.utf8) ? ("", "") : ("", rest())
        case .thinking(let hasBegun):
            return thought(hasBegun: hasBegun)
        case .between:
            held = String(held[held.wordStart...])
            return held.isEmpty ? ("", "") : ("", rest())
        case .over:
            return ("", rest())
        }
    }

    /// Returns the text still held back at the end of the answer.
    mutating func finish() -> (reasoning: String, text: String) {
        if case .thinking = state { return (rest(), "") }
        return ("", rest())
    }

    private mutating func thought(hasBegun: Bool) -> (reasoning: String, text: String) {
        if !hasBegun { held = String(held[held.wordStart...]) }
        if let tag = Self.endTag(in: held) {
            var reasoning = String(held[..<tag.lowerBound])
            reasoning = String(reasoning[..<reasoning.wordEnd])
            held = String(held[tag.upperBound...])
            state = .between
            return (reasoning, receive("").text)
        }
        let kept = (0..<Self.end.utf8.count).reversed().first { count in
            held.utf8.suffix(count).elementsEqual(Self.end.utf8.prefix(count))
        }
        let tail = held.utf8.index(held.endIndex, offsetBy: -(kept ?? 0))
        let reasoning = String(held[..<tail])
        held = String(held[tail...])
        state = .thinking(hasBegun: hasBegun || !reasoning.isEmpty)
        return (reasoning, "")
    }

    private static func endTag(in text: String) -> Range<String.Index>? {
        var rest = text.utf8[...]
        while let start = rest.firstIndex(of: UInt8(ascii: "<")) {
            rest = rest[start...]
            if rest.starts(with: end.utf8) { return start..<rest.index(start, offsetBy: end.utf8.count) }
            rest = rest.dropFirst()
        }
        return nil
    }

    private mutating func rest() -> String {
        state = .over
        defer { (blank, held) = ("", "") }
        return blank + held
    }
}
