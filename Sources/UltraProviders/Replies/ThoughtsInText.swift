/// Reasoning that may come in a field of its own, in a tag at the beginning of the text, or in both: told once.
struct ThoughtsInText: Sendable {
    private var leading = LeadingThoughts()
    /// All that came in the field, and in the tag, as long as they may be compared.
    private var field = ""
    private var tag = ""
    /// Of the tag, and not delivered: the field may say the same.
    private var held = ""
    private var repetition: RepeatedText?

    /// The text goes on without a tag.
    var isOver: Bool { leading.isOver }

    /// Takes a piece of the field, and returns what of it is new.
    mutating func takeField(_ text: String) -> String {
        guard !leading.isOver || !tag.isEmpty else { return text }
        // The tag came before the field, and was delivered.
        if field.isEmpty, !tag.isEmpty { repetition = RepeatedText(tag) }
        field += text
        return repetition?.take(text) ?? text
    }

    /// Takes a piece of the text, and returns what is to be delivered.
    mutating func take(_ text: String) -> (reasoning: String, text: String) {
        settled(leading.take(text))
    }

    /// What is held back when something else than text follows.
    mutating func finish() -> (reasoning: String, text: String) {
        settled(leading.finish())
    }

    /// What is held back when the answer ends.
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
