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
            let word = held.wordStart
            if word > held.startIndex {
                blank += held[..<word]
                held = String(held[word...])
            }
            if held.utf8.starts(with: Self.start.utf8) {
                blank = ""
                held = held.dropping(Self.start.utf8.count)
                state = .thinking(hasBegun: false)
                return take("")
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

    /// What is still held back when the answer ends.
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
            return (reasoning, take("").text)
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
