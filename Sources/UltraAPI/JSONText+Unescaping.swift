extension JSONText {
    /// Unescapes a validated string into `target`, which must be as large as `content`. Returns the number of bytes
    /// written, at most `content.count`.
    static func unescape(_ content: BorrowedBytes, into target: UnsafeMutableRawBufferPointer) -> Int {
        var source = 0
        var written = 0
        while source < content.count {
            // Copies eight bytes at once; whatever follows a backslash is overwritten later.
            while source + 8 <= content.count {
                let word = content.word(at: source)
                target.storeBytes(of: word.littleEndian, toByteOffset: written, as: UInt64.self)
                let plain = plainBytes(in: word)
                // A branch lets the CPU start the next word before the count of this one is known.
                guard plain == 8 else {
                    source += plain
                    written += plain
                    break
                }
                source += 8
                written += 8
            }
            while source < content.count, content[source] != UInt8(ascii: "\\") {
                target[written] = content[source]
                source += 1
                written += 1
            }
            // Escapes often follow one another.
            while source < content.count, content[source] == UInt8(ascii: "\\") {
                source += decodeEscape(content, at: source, into: target, at: &written)
            }
        }
        return written
    }

    /// The number of bytes of a little-endian `word` before its first backslash.
    @inline(__always)
    private static func plainBytes(in word: UInt64) -> Int {
        let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        return ((backslash &- ones) & ~backslash & highs).trailingZeroBitCount / 8
    }

    /// Decodes the validated escape at `index` and returns its length.
    @inline(__always)
    private static func decodeEscape(
        _ content: BorrowedBytes, at index: Int, into target: UnsafeMutableRawBufferPointer,
        at written: inout Int
    ) -> Int {
        let letter = content[index + 1]
        guard letter != UInt8(ascii: "u") else {
            return decodeCodePoint(content, at: index, into: target, at: &written)
        }
        target[written] =
            switch letter {
            case UInt8(ascii: "b"): 0x08
            case UInt8(ascii: "f"): 0x0C
            case UInt8(ascii: "n"): 0x0A
            case UInt8(ascii: "r"): 0x0D
            case UInt8(ascii: "t"): 0x09
            default: letter
            }
        written += 1
        return 2
    }

    /// Decodes a `\u` escape or surrogate pair as UTF-8; half of a pair as U+FFFD. Returns its length.
    private static func decodeCodePoint(
        _ content: BorrowedBytes, at index: Int, into target: UnsafeMutableRawBufferPointer,
        at written: inout Int
    ) -> Int {
        var code = hexadecimal(content, at: index + 2) ?? 0
        var length = 6
        if code & 0xFC00 == 0xD800, let low = lowSurrogate(content, at: index + 6) {
            code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
            length = 12
        }
        if code & 0xFFFF_F800 == 0xD800 { code = 0xFFFD }
        written += encode(code, into: target, at: written)
        return length
    }

    /// Writes a scalar value as UTF-8 and returns the number of its bytes.
    @inline(__always)
    private static func encode(_ code: UInt32, into target: UnsafeMutableRawBufferPointer, at index: Int) -> Int {
        func put(_ offset: Int, _ value: UInt32) { target[index + offset] = UInt8(truncatingIfNeeded: value) }
        switch code {
        case ..<0x80:
            put(0, code)
            return 1
        case ..<0x800:
            put(0, 0xC0 | code >> 6)
            put(1, 0x80 | code & 0x3F)
            return 2
        case ..<0x10000:
            put(0, 0xE0 | code >> 12)
            put(1, 0x80 | code >> 6 & 0x3F)
            put(2, 0x80 | code & 0x3F)
            return 3
        default:
            put(0, 0xF0 | code >> 18)
            put(1, 0x80 | code >> 12 & 0x3F)
            put(2, 0x80 | code >> 6 & 0x3F)
            put(3, 0x80 | code & 0x3F)
            return 4
        }
    }

    /// The second half of a surrogate pair if its escape is at `index`; otherwise nil.
    private static func lowSurrogate(_ content: BorrowedBytes, at index: Int) -> UInt32? {
        guard index + 6 <= content.count, content[index] == UInt8(ascii: "\\"), content[index + 1] == UInt8(ascii: "u"),
            let unit = hexadecimal(content, at: index + 2), unit & 0xFC00 == 0xDC00
        else { return nil }
        return unit
    }

    /// A copy of `json`, which a lenient reader has validated, with `\ufffd` in place of every unpaired surrogate.
    static func withoutLoneSurrogates(_ json: UnsafeRawBufferPointer) -> [UInt8] {
        var copy = [UInt8](json)
        let bytes = BorrowedBytes(json)
        var index = 0
        while index < bytes.count {
            // In valid JSON, backslashes occur only in strings.
            guard bytes[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            guard index + 6 <= bytes.count, bytes[index + 1] == UInt8(ascii: "u"),
                let unit = hexadecimal(bytes, at: index + 2), unit & 0xF800 == 0xD800
            else {
                index += 2
                continue
            }
            if unit & 0xFC00 == 0xD800, lowSurrogate(bytes, at: index + 6) != nil {
                index += 12
            } else {
                copy.replaceSubrange((index + 2)..<(index + 6), with: "fffd".utf8)
                index += 6
            }
        }
        return copy
    }
}
