extension JSONText {
    /// Appends `text` as a JSON string: clean runs as they are, only what RFC 8259, section 7, demands is escaped.
    static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { utf8 in
            let content = UnsafeRawBufferPointer(utf8)
            bytes.append(UInt8(ascii: "\""))
            var index = 0
            while true {
                let end = specialIndex(in: content, from: index)
                bytes.append(contentsOf: content[index..<end])
                guard end < content.count else { break }
                appendEscape(of: content[end], to: &bytes)
                index = end + 1
            }
            bytes.append(UInt8(ascii: "\""))
        }
    }

    /// The index of the first byte from `start` on that cannot stand in a string as it is, or the count.
    private static func specialIndex(in content: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index + 8 <= content.count {
            let word = UInt64(littleEndian: content.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let marks = specials(in: word)
            if marks != 0 { return index + marks.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < content.count, !isSpecial(content[index]) { index += 1 }
        return index
    }

    private static func appendEscape(of byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            let digits: StaticString = "0123456789abcdef"
            bytes.append(contentsOf: [UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")])
            bytes.append(digits.utf8Start[Int(byte >> 4)])
            bytes.append(digits.utf8Start[Int(byte & 15)])
        }
    }
}
