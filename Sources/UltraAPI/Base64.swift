/// Base64 as in RFC 4648, section 4.
package enum Base64 {
    /// True if `text` is at least one group of four characters of the standard alphabet, with padding only at the end.
    package static func isValid(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { utf8 in
            guard utf8.count >= 4, utf8.count % 4 == 0 else { return false }
            var count = utf8.count
            for _ in 0..<2 where utf8[count - 1] == UInt8(ascii: "=") { count -= 1 }
            // No early exit, so that the compiler vectorises the loop.
            var isValid = true
            for byte in UnsafeBufferPointer(rebasing: utf8[..<count]) {
                let letter = (byte | 0x20) &- UInt8(ascii: "a") < 26
                let digit = byte &- UInt8(ascii: "0") < 10
                isValid = isValid && (letter || digit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/"))
            }
            return isValid
        }
    }

    /// The decoded bytes; nil if `text` is not valid.
    package static func decoded(_ text: String) -> [UInt8]? {
        guard isValid(text) else { return nil }
        var text = text
        return text.withUTF8 { letters in
            let paddingCount = letters[(letters.count - 2)...].count { $0 == Self.padding }
            return [UInt8](unsafeUninitializedCapacity: letters.count / 4 * 3) { bytes, count in
                for start in stride(from: 0, to: letters.count, by: 4) {
                    let group =
                        value(letters[start]) << 18 | value(letters[start + 1]) << 12 | value(letters[start + 2]) << 6
                        | value(letters[start + 3])
                    bytes[count] = UInt8(truncatingIfNeeded: group >> 16)
                    bytes[count + 1] = UInt8(truncatingIfNeeded: group >> 8)
                    bytes[count + 2] = UInt8(truncatingIfNeeded: group)
                    count += 3
                }
                count -= paddingCount
            }
        }
    }

    private static let padding = UInt8(ascii: "=")

    /// `bytes` in the standard alphabet, padded.
    package static func encoded(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { text in
            var end = 0
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let count = min(3, bytes.count - start)
                let group = (0..<3).reduce(UInt32(0)) { $0 << 8 | ($1 < count ? UInt32(bytes[start + $1]) : 0) }
                for letter in 0..<4 {
                    text[end] = letter > count ? UInt8(ascii: "=") : alphabet[Int(group >> (18 - 6 * letter) & 63)]
                    end += 1
                }
            }
            return end
        }
    }

    /// The value of a letter of valid base64; of padding, any.
    @inline(__always)
    private static func value(_ letter: UInt8) -> UInt32 {
        let upper = letter &- UInt8(ascii: "A")
        let lower = letter &- UInt8(ascii: "a")
        let digit = letter &- UInt8(ascii: "0")
        if upper < 26 { return UInt32(upper) }
        if lower < 26 { return UInt32(lower) + 26 }
        if digit < 10 { return UInt32(digit) + 52 }
        return letter == UInt8(ascii: "+") ? 62 : letter == UInt8(ascii: "/") ? 63 : 0
    }
}
