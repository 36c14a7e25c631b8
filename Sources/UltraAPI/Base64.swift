/// The encoding of RFC 4648, section 4.
enum Base64 {
    /// Whether `text` is made of whole groups of four characters of the standard alphabet, padded at its end only.
    static func isValid(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { utf8 in
            guard utf8.count >= 4, utf8.count % 4 == 0 else { return false }
            var count = utf8.count
            for _ in 0..<2 where utf8[count - 1] == UInt8(ascii: "=") { count -= 1 }
            // Without an early exit: so the compiler checks many characters at once.
            var isValid = true
            for byte in UnsafeBufferPointer(rebasing: utf8[..<count]) {
                let letter = (byte | 0x20) &- UInt8(ascii: "a") < 26
                let digit = byte &- UInt8(ascii: "0") < 10
                isValid = isValid && (letter || digit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/"))
            }
            return isValid
        }
    }
}
