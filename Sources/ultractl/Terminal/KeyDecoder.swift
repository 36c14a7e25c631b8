/// Bytes of a terminal to keys, wherever the reads fall.
struct KeyDecoder {
    private static let escape: UInt8 = 0x1B
    private static let pasteEnd = Array("\u{1B}[201~".utf8)

    private var pending: [UInt8] = []
    /// What has been pasted so far; `nil`: nothing is being pasted.
    private var paste: [UInt8]?

    /// Something has begun that may be a key by itself, or the beginning of another.
    var isWaiting: Bool { paste == nil && !pending.isEmpty }

    mutating func feed(_ bytes: some Collection<UInt8>) -> [Key] {
        pending += bytes
        var keys: [Key] = []
        while let key = next() { append(key, to: &keys) }
        return keys
    }

    /// Nothing more has come: what has begun is all there is.
    mutating func flush() -> [Key] {
        guard isWaiting else { return [] }
        defer { pending = [] }
        if pending == [Self.escape] { return [.escape] }
        return pending.first == Self.escape ? [.other] : [.text("\u{FFFD}")]
    }

    /// Letters that come together are one edit.
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
        guard first >= 0x20, first != 0x7F else { return take(1, Key(control: first)) }
        guard first >= 0x80 else { return take(1, .text(String(UnicodeScalar(first)))) }
        return nextCharacter()
    }

    private mutating func take(_ count: Int, _ key: Key) -> Key {
        pending.removeFirst(count)
        return key
    }

    /// One scalar of UTF-8, which may be the beginning of more.
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
            return isWhole ? take(length, .text(String(decoding: bytes, as: UTF8.self))) : nil
        }
        return take(broken, .text("\u{FFFD}"))
    }

    private mutating func nextSequence() -> Key? {
        guard pending.count > 1 else { return nil }
        guard pending[1] == UInt8(ascii: "[") || pending[1] == UInt8(ascii: "O") else {
            // ESC twice: the first was a key.
            return pending[1] == Self.escape ? take(1, .escape) : take(2, Key(alternate: pending[1]))
        }
        // Parameter and intermediate bytes, then one that ends it.
        guard let end = pending.dropFirst(2).firstIndex(where: { !(0x20...0x3F).contains($0) }) else {
            // Nothing that long is a key.
            return pending.count > 32 ? take(pending.count, .other) : nil
        }
        let parameters = String(decoding: pending[2..<end], as: UTF8.self)
            .split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        let last = pending[end]
        if last == UInt8(ascii: "~"), parameters.first == 200 {
            pending.removeFirst(end + 1)
            paste = []
            return next()
        }
        return take(end + 1, Key(sequence: parameters, last))
    }

    private mutating func nextOfPaste() -> Key? {
        // Bytes that may be the beginning of the end stay for the next turn.
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

/// What a key or a paste asks for, by the customs of Unix line editors.
enum Key: Equatable, Sendable {
    /// A character, or more that came with it.
    case text(String)
    /// What the terminal says was pasted.
    case paste(String)
    case enter
    /// A line end in the text: Alt-Enter or Ctrl-J.
    case newline
    case tab, escape, backspace, delete
    case left, right, up, down, home, end, wordLeft, wordRight, pageUp, pageDown
    case eraseToStart, eraseToEnd, eraseWord, yank
    case clearScreen, interrupt, endOfInput, suspend
    /// One that means nothing here.
    case other

    /// Control characters, as bytes.
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

    /// `ESC [` or `ESC O`, parameters, and this last byte (ECMA-48, and xterm's `;5` for Ctrl, `;3` for Alt).
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

    /// ESC and this byte: Alt and a key.
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
