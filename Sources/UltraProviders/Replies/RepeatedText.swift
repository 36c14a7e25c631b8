/// Finds out whether the pieces after the beginning of a text repeat it.
///
/// A block's start may hold its first words, which the pieces go on from, or all of it, which they then say once more.
/// Only the pieces tell.
struct RepeatedText: Sendable {
    private let text: [UInt8]
    /// How many bytes the pieces have repeated.
    private var count = 0
    /// It is decided: what comes is new.
    private(set) var isOver = false

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    /// What of `piece`, and of the pieces before it that were held back, is new.
    mutating func take(_ piece: String) -> String {
        guard !isOver else { return piece }
        let left = text[count...]
        let bytes = piece.utf8
        if bytes.count <= left.count {
            guard left.starts(with: bytes) else { return new(then: piece) }
            count += bytes.count
            return ""
        }
        guard bytes.starts(with: left) else { return new(then: piece) }
        isOver = true
        return piece.dropping(left.count)
    }

    /// No piece follows. Returns what was held back and repeats the text's beginning only.
    mutating func end() -> String {
        guard !isOver, count < text.count else { return "" }
        return new(then: "")
    }

    private mutating func new(then piece: String) -> String {
        isOver = true
        return String(decoding: text[..<count], as: UTF8.self) + piece
    }
}
