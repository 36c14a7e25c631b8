/// Detects whether the pieces after the start of a content block repeat it.
///
/// A block's start may hold the first words, which the pieces then continue, or the whole text, which the pieces then
/// repeat. Only the pieces show which of the two it is.
struct RepeatedText: Sendable {
    private let text: [UInt8]
    /// The number of bytes of `text` that the pieces have repeated so far.
    private var count = 0
    /// True once it is decided: all further pieces are new text.
    private(set) var isOver = false

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    /// Returns the new part of `piece` and of the pieces held back before it.
    mutating func receive(_ piece: String) -> String {
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

    /// Ends the block and returns the pieces held back: they only began like `text`, so they are new.
    mutating func end() -> String {
        guard !isOver, count < text.count else { return "" }
        return new(then: "")
    }

    private mutating func new(then piece: String) -> String {
        isOver = true
        return String(decoding: text[..<count], as: UTF8.self) + piece
    }
}
