/// Decodes the bytes of a terminal into keys, wherever the reads split them.
struct KeyDecoder {
    private static let escape: UInt8 = 0x1B
    private static let pasteEnd = Array("\u{1B}[201~".utf8)

    private var pending: [UInt8] = []
    /// The beginning of an unfinished paste; `nil`: no paste is in progress.
    private var paste: [UInt8]?

    /// True if the bytes so far may be a whole key or the beginning of a longer one.
    var isWaiting: Bool { paste == nil && !pending.isEmpty }

    /// Adds bytes, and returns the keys that are complete.
    mutating func feed(_ bytes: some Collection<UInt8>) -> [Key] {
        pending += bytes
        var keys: [Key] = []
        while let key = next() { append(key, to: &keys) }
        return keys
    }

    /// Ends an unfinished key after a time-out, and returns it.
    mutating func flush() -> [Key] {
        guard isWaiting else { return [] }
        defer { pending = [] }
        if pending == [Self.escape] { return [.escape] }
        return pending.first == Self.escape ? [.other] : [.text("\u{FFFD}")]
    }

    /// Joins consecutive characters to one `.text`, so that they are one edit.
    private func append(_ key: Key, to keys: inout [Key]) {
        if case .text(let letter) = key, case .text(let before)? = keys.last {
            keys[keys.count - 1] = .text(before + letter)
        } else {
            keys.append(key)
        }
    }

    private mutating func next() -> Key? {
        if paste != nil { return nextOfPaste() }
        guard let first = pending.first else { return nil }
        if first == Self.escape { return nextSequence() }
        guard first >= 0x20, first != 0x7F else { return consume(1, Key(control: first)) }
        guard first >= 0x80 else { return consume(1, .text(String(UnicodeScalar(first)))) }
        return nextCharacter()
    }

    /// Removes the bytes of a key, and returns it.
    private mutating func consume(_ count: Int, _ key: Key) -> Key {
        pending.removeFirst(count)
        return key
    }

    /// Decodes one scalar of UTF-8; `nil`: incomplete.
    private mutating func nextCharacter() -> Key? {
        let length =
            switch pending[0] {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        let bytes = pending.prefix(length)
        let isWhole = bytes.count == length
        guard let broken = bytes.dropFirst().firstIndex(where: { $0 & 0xC0 != 0x80 }) else {
            return isWhole ? consume(length, .text(String(decoding: bytes, as: UTF8.self))) : nil
        }
        return consume(broken, .text("\u{FFFD}"))
    }

    private mutating func nextSequence() -> Key? {
        guard pending.count > 1 else { return nil }
        guard pending[1] == UInt8(ascii: "[") || pending[1] == UInt8(ascii: "O") else {
            // The first of two ESC bytes is the key Escape.
            return pending[1] == Self.escape ? consume(1, .escape) : consume(2, Key(alternate: pending[1]))
        }
        // Parameter and intermediate bytes precede the final byte (ECMA-48, 5.4).
        guard let end = pending.dropFirst(2).firstIndex(where: { !(0x20...0x3F).contains($0) }) else {
            // Longer than the sequence of any key: discard it.
            return pending.count > 32 ? consume(pending.count, .other) : nil
        }
        let parameters = String(decoding: pending[2..<end], as: UTF8.self)
            .split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        let last = pending[end]
        if last == UInt8(ascii: "~"), parameters.first == 200 {
            pending.removeFirst(end + 1)
            paste = []
            return next()
        }
        return consume(end + 1, Key(sequence: parameters, last))
    }

    private mutating func nextOfPaste() -> Key? {
        // Bytes that may begin the end mark stay pending until more arrive.
        var end = pending.startIndex
        while let escape = pending[end...].firstIndex(of: Self.escape) {
            let tail = pending[escape...].prefix(Self.pasteEnd.count)
            if tail.elementsEqual(Self.pasteEnd) {
                let bytes = (paste ?? []) + pending[..<escape]
                pending.removeFirst(escape + Self.pasteEnd.count)
                paste = nil
                return .paste(String(decoding: bytes, as: UTF8.self))
            }
            if Self.pasteEnd.starts(with: tail) {
                end = escape
                paste? += pending[..<escape]
                pending.removeFirst(escape)
                return nil
            }
            end = escape + 1
        }
        paste? += pending
        pending = []
        return nil
    }
}

/// A key, a key combination or a paste, named after its effect in Unix line editors.
enum Key: Equatable, Sendable {
    /// One or more characters.
    case text(String)
    /// A bracketed paste.
    case paste(String)
    case enter
    /// Alt-Enter or Ctrl-J: a line end within the text.
    case newline
    case tab, escape, backspace, delete
    case left, right, up, down, home, end, wordLeft, wordRight, pageUp, pageDown
    case eraseToStart, eraseToEnd, eraseWord, yank
    case clearScreen, interrupt, endOfInput, suspend
    /// A key without an effect.
    case other

    /// The key of a control character.
    init(control byte: UInt8) {
        self =
            switch byte {
            case 0x01: .home
            case 0x02: .left
            case 0x03: .interrupt
            case 0x04: .endOfInput
            case 0x05: .end
            case 0x06: .right
            case 0x08, 0x7F: .backspace
            case 0x09: .tab
            case 0x0A: .newline
            case 0x0B: .eraseToEnd
            case 0x0C: .clearScreen
            case 0x0D: .enter
            case 0x0E: .down
            case 0x10: .up
            case 0x15: .eraseToStart
            case 0x17: .eraseWord
            case 0x19: .yank
            case 0x1A: .suspend
            default: .other
            }
    }

    /// The key of a sequence `ESC [` or `ESC O`, parameters and a final byte (ECMA-48; xterm adds `;5` for Ctrl and `;3`
    /// for Alt).
    init(sequence parameters: [Int], _ last: UInt8) {
        let isByWord = parameters.count > 1 && [3, 5].contains(parameters[1])
        self =
            switch (last, parameters.first ?? 0) {
            case (UInt8(ascii: "A"), _): .up
            case (UInt8(ascii: "B"), _): .down
            case (UInt8(ascii: "C"), _): isByWord ? .wordRight : .right
            case (UInt8(ascii: "D"), _): isByWord ? .wordLeft : .left
            case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), 1), (UInt8(ascii: "~"), 7): .home
            case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), 4), (UInt8(ascii: "~"), 8): .end
            case (UInt8(ascii: "~"), 3): .delete
            case (UInt8(ascii: "~"), 5): .pageUp
            case (UInt8(ascii: "~"), 6): .pageDown
            default: .other
            }
    }

    /// The key of ESC and this byte, which is Alt with a key.
    init(alternate byte: UInt8) {
        self =
            switch byte {
            case UInt8(ascii: "b"): .wordLeft
            case UInt8(ascii: "f"): .wordRight
            case 0x0A, 0x0D: .newline
            case 0x08, 0x7F: .eraseWord
            default: .other
            }
    }
}
