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
