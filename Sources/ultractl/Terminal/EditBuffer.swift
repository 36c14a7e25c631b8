import UltraAPI

/// A text of one or more lines with a cursor, and the edits that keys make to it.
struct EditBuffer: Equatable {
    /// The text before the cursor.
    private(set) var before = ""
    /// The text behind the cursor.
    private(set) var after = ""
    /// The text that was erased last, which `yank` inserts.
    private var erased = ""

    init(_ text: String = "") {
        before = text
    }

    var text: String { before + after }
    var isEmpty: Bool { before.isEmpty && after.isEmpty }

    /// Replaces the text, and puts the cursor at its end.
    mutating func replace(with text: String) {
        (before, after) = (text, "")
    }

    /// Applies a key.
    ///
    /// - Returns: false if the key does not edit or move within the text, and is left to the line editor.
    mutating func apply(_ key: Key) -> Bool {
        switch key {
        case .text(let text), .paste(let text): insert(text)
        case .newline: insert("\n")
        case .backspace: before = String(before.dropLast())
        case .delete: after = String(after.dropFirst())
        case .left: moveLeft(1)
        case .right: moveRight(1)
        case .home: moveLeft(lineBefore.count)
        case .end: moveRight(lineAfter.count)
        case .wordLeft: moveLeft(wordBefore)
        case .wordRight: moveRight(wordAfter)
        case .eraseToStart: eraseBefore(max(lineBefore.count, before.hasSuffix("\n") ? 1 : 0))
        case .eraseWord: eraseBefore(wordBefore)
        case .eraseToEnd:
            let count = max(lineAfter.count, after.hasPrefix("\n") ? 1 : 0)
            erased = String(after.prefix(count))
            after.removeFirst(count)
        case .yank: before += erased
        case .up: return moveUp()
        case .down: return moveDown()
        case .enter, .tab, .escape, .pageUp, .pageDown, .clearScreen, .interrupt, .endOfInput, .suspend, .other:
            return false
        }
        return true
    }

    /// Replaces a backslash at the end of the text by a newline, if the cursor is behind it.
    ///
    /// - Returns: false if there is none.
    mutating func continueLine() -> Bool {
        guard after.isEmpty, before.hasSuffix("\\") else { return false }
        before = before.dropLast() + "\n"
        return true
    }

    /// Inserts a text; CR LF and CR become LF, and control characters other than tabs are dropped.
    private mutating func insert(_ text: String) {
        for character in text {
            switch character {
            case "\r\n", "\r", "\n": before += "\n"
            case "\t": before += "\t"
            default:
                var plain = String.UnicodeScalarView()
                for scalar in character.unicodeScalars where !scalar.isControl { plain.append(scalar) }
                before += String(plain)
            }
        }
    }

    private mutating func moveLeft(_ count: Int) {
        after = before.suffix(count) + after
        before = String(before.dropLast(count))
    }

    private mutating func moveRight(_ count: Int) {
        before += after.prefix(count)
        after = String(after.dropFirst(count))
    }

    private mutating func eraseBefore(_ count: Int) {
        erased = String(before.suffix(count))
        before = String(before.dropLast(count))
    }

    // MARK: - Lines and words

    private var lineBefore: Substring {
        before[(before.lastIndex(of: "\n").map(before.index(after:)) ?? before.startIndex)...]
    }
    private var lineAfter: Substring { after.prefix { $0 != "\n" } }

    /// Moves to the same column of the line above.
    ///
    /// - Returns: false if this is the first line.
    private mutating func moveUp() -> Bool {
        let column = lineBefore.count
        guard column < before.count else { return false }
        moveLeft(column + 1)
        moveLeft(max(0, lineBefore.count - column))
        return true
    }

    private mutating func moveDown() -> Bool {
        let column = lineBefore.count
        let rest = lineAfter.count
        guard rest < after.count else { return false }
        moveRight(rest + 1)
        moveRight(min(column, lineAfter.count))
        return true
    }

    /// The number of characters from the beginning of the previous word to the cursor.
    private var wordBefore: Int {
        let blanks = before.reversed().prefix { !$0.isWordLike }.count
        return blanks + before.dropLast(blanks).reversed().prefix { $0.isWordLike }.count
    }

    private var wordAfter: Int {
        let blanks = after.prefix { !$0.isWordLike }.count
        return blanks + after.dropFirst(blanks).prefix { $0.isWordLike }.count
    }
}

extension Character {
    fileprivate var isWordLike: Bool { isLetter || isNumber || self == "_" }
}
