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
