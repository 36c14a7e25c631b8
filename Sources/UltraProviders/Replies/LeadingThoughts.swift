/// Tells `<think>…</think>` at the beginning of an answer from the answer, piece by piece: what servers send that
/// have no field for reasoning.
struct LeadingThoughts: Sendable {
    private enum State {
        case undecided
        /// `hasBegun`: more than white space came.
        case thinking(hasBegun: Bool)
        /// White space before the answer proper.
        case between
        case over
    }

    private var state = State.undecided
    /// White space before what may be a tag.
    private var blank = ""
    /// The beginning of what may be a tag.
    private var held = ""

    private static let start = "<think>"
    private static let end = "</think>"

    /// Nothing is held back, and nothing will be.
    var isOver: Bool {
        if case .over = state { true } else { false }
    }

    mutating func take(_ piece: String) -> (reasoning: String, text: String) {
        held += piece
        switch state {
        case .undecided:
            // White space is looked at once, however many pieces of it come.
            let words = held.drop { $0.isWhitespace }
            blank += held[..<words.startIndex]
            held = String(words)
            if held.hasPrefix(Self.start) {
                blank = ""
                held = String(held.dropFirst(Self.start.count))
                state = .thinking(hasBegun: false)
                return take("")
            }
            return Self.start.hasPrefix(held) ? ("", "") : ("", rest())
        case .thinking(let hasBegun):
            return thought(hasBegun: hasBegun)
        case .between:
            held = String(held.drop { $0.isWhitespace })
            return held.isEmpty ? ("", "") : ("", rest())
        case .over:
            return ("", rest())
        }
    }

    /// What is still held back when the answer ends.
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
            return (reasoning, take("").text)
        }
        let kept = (0..<Self.end.count).reversed().first { held.hasSuffix(Self.end.prefix($0)) } ?? 0
        let reasoning = String(held.dropLast(kept))
        held = String(held.suffix(kept))
        state = .thinking(hasBegun: hasBegun || !reasoning.isEmpty)
        return (reasoning, "")
    }

    private mutating func rest() -> String {
        state = .over
        defer { (blank, held) = ("", "") }
        return blank + held
    }
}
