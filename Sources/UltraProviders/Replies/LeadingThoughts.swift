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
            let trimmed = held.drop { $0.isWhitespace }
            if trimmed.hasPrefix(Self.start) {
                held = String(trimmed.dropFirst(Self.start.count))
                state = .thinking(hasBegun: false)
                return receive("")
            }
            return Self.start.hasPrefix(trimmed) ? ("", "") : ("", rest())
        case .thinking(let hasBegun):
            return thought(hasBegun: hasBegun)
        case .between:
            held = String(held.drop { $0.isWhitespace })
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
        if !hasBegun { held = String(held.drop { $0.isWhitespace }) }
        if let tag = held.firstRange(of: Self.end) {
            var reasoning = String(held[..<tag.lowerBound])
            while reasoning.last?.isWhitespace == true { reasoning.removeLast() }
            held = String(held[tag.upperBound...])
            state = .between
            return (reasoning, receive("").text)
        }
        let kept = (0..<Self.end.count).reversed().first { held.hasSuffix(Self.end.prefix($0)) } ?? 0
        let reasoning = String(held.dropLast(kept))
        held = String(held.suffix(kept))
        state = .thinking(hasBegun: hasBegun || !reasoning.isEmpty)
        return (reasoning, "")
    }

    private mutating func rest() -> String {
        state = .over
        defer { held = "" }
        return held
    }
}
