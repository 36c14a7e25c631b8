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
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        var group: UInt32 = 0
        var bits: UInt32 = 0
        for letter in text.utf8 {
            guard let value = value(letter) else { break }
            group = group << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> bits))
            }
        }
        return bytes
    }

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

    private static func value(_ letter: UInt8) -> UInt32? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(letter - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(letter - UInt8(ascii: "a") + 26)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(letter - UInt8(ascii: "0") + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
