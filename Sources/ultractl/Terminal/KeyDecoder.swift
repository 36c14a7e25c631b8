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
