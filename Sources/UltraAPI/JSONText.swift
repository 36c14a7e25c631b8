/// Bytes of JSON strings: which of them end a plain run, and what their escapes stand for.
enum JSONText {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// Sets the high bit of the first byte of a little-endian `word` that is a quote, a backslash or below 0x20.
    /// Bytes above that first one may be marked wrongly; zero means that there is none.
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

    /// The value of the four hexadecimal digits at `index`; `nil`: one of them is none.
    static func hexadecimal(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt32? {
        var value: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Writes what a validated escape stands for and returns the length of the escape.
    static func decodeEscape(
        _ content: UnsafeRawBufferPointer, at index: Int, into target: UnsafeMutableBufferPointer<UInt8>,
        at written: inout Int
    ) -> Int {
        let letter = content[index + 1]
        guard letter == UInt8(ascii: "u") else {
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
        var scalar = hexadecimal(content, at: index + 2) ?? 0
        var length = 6
        if scalar & 0xFC00 == 0xD800 {
            let low = hexadecimal(content, at: index + 8) ?? 0
            scalar = 0x10000 + (scalar & 0x3FF) << 10 + (low & 0x3FF)
            length = 12
        }
        for byte in UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
            target[written] = byte
            written += 1
        }
        return length
    }
}
