/// Scanning, escaping and unescaping of JSON strings (RFC 8259, section 7), eight bytes at a time.
enum JSONText {
    static let ones: UInt64 = 0x0101_0101_0101_0101
    static let highs: UInt64 = 0x8080_8080_8080_8080

    /// Marks special bytes (quote, backslash, below 0x20) of a little-endian `word` by their high bit. Only the first
    /// mark is reliable; the result is 0 if there is no special byte.
    @inline(__always)
    static func specials(in word: UInt64) -> UInt64 {
        let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let marks = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word
        return marks & highs
    }

    @inline(__always)
    static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// True for a letter that makes a two-byte escape with a backslash before it: `"`, `\\`, `/`, `b`, `f`, `n`, `r`, `t`.
    @inline(__always)
    static func isSimpleEscape(_ letter: UInt8) -> Bool {
        // One bit for each byte from 0x22 to 0x5C and from 0x62 to 0x74: no branch for each letter.
        let low = letter &- 0x22
        if low < 64 { return simpleEscapes.low >> UInt64(low) & 1 != 0 }
        let high = letter &- 0x62
        return high < 64 ? simpleEscapes.high >> UInt64(high) & 1 != 0 : false
    }

    /// From 0x22 on: `"` (0x22), `/` (0x2F), `\\` (0x5C). From 0x62 on: `b`, `f`, `n`, `r`, `t`.
    private static let simpleEscapes: (low: UInt64, high: UInt64) = (
        1 << 0 | 1 << 0x0D | 1 << 0x3A, 1 << 0 | 1 << 4 | 1 << 0x0C | 1 << 0x10 | 1 << 0x12
    )

    /// The index of the first special byte from `start` on, or the count. ORs all plain bytes into `seen`: if no high
    /// bit of it is set, they are ASCII.
    @inline(__always)
    static func plainRun(_ bytes: BorrowedBytes, from start: Int, seen: inout UInt64) -> Int {
        var index = start
        while index + 8 <= bytes.count {
            let word = bytes.word(at: index)
            let marks = specials(in: word)
            if marks != 0 {
                let plainBits = UInt64(marks.trailingZeroBitCount & ~7)
                seen |= word & ((1 << plainBits) &- 1)
                return index + Int(plainBits) / 8
            }
            seen |= word
            index += 8
            if index - start == 32 { index = longRun(bytes, from: index, seen: &seen) }
        }
        while index < bytes.count, !isSpecial(bytes[index]) {
            seen |= UInt64(bytes[index])
            index += 1
        }
        return index
    }

    /// Skips whole blocks of plain bytes; written so that the compiler vectorises it.
    @inline(never)
    private static func longRun(_ bytes: BorrowedBytes, from start: Int, seen: inout UInt64) -> Int {
        var index = start
        while index + 32 <= bytes.count {
            let (a, b) = (bytes.word(at: index), bytes.word(at: index + 8))
            let (c, d) = (bytes.word(at: index + 16), bytes.word(at: index + 24))
            guard specials(in: a) | specials(in: b) | specials(in: c) | specials(in: d) == 0 else { break }
            seen |= a | b | c | d
            index += 32
        }
        return index
    }

    /// The value of the four hexadecimal digits at `index`; nil if one of them is not a digit.
    static func hexadecimal(_ bytes: BorrowedBytes, at index: Int) -> UInt32? {
        var value: UInt32 = 0
        var isValid = true
        for offset in index..<index + 4 {
            let byte = bytes[offset]
            let digit = byte &- UInt8(ascii: "0")
            // Lower case.
            let letter = (byte | 0x20) &- UInt8(ascii: "a")
            isValid = isValid && (digit < 10 || letter < 6)
            value = value << 4 | UInt32(digit < 10 ? digit : letter &+ 10)
        }
        return isValid ? value : nil
    }
}
