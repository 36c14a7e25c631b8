/// Characters in the strings of a request that no text may have. They cost that request, and not its connection: where
/// the frame ends is known, and with the character replaced its id can be read.
extension RequestFrame {
    struct Flaw: Equatable {
        enum Kind: String {
            case loneSurrogate = "half of a surrogate pair"
            case nul = "a NUL"
            case controlCharacter = "a control character that is not escaped"
        }

        var kind: Kind
        /// Of its first byte in the frame.
        var offset: Int
    }

    /// The first flaw of a string in `bytes`, and as many bytes without any; nil: there is none.
    static func mended(_ bytes: [UInt8]) -> (bytes: [UInt8], flaw: Flaw)? {
        var mended = bytes
        var first: Flaw?
        var isInString = false
        var index = 0
        func replace(_ range: Range<Int>, by text: StaticString, _ kind: Flaw.Kind) {
            first = first ?? Flaw(kind: kind, offset: range.lowerBound)
            for (place, byte) in zip(range, UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)) {
                mended[place] = byte
            }
        }
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                isInString.toggle()
                index += 1
            case UInt8(ascii: "\\") where isInString:
                guard let unit = codeUnit(bytes, at: index) else {
                    index += 2
                    continue
                }
                let isPair =
                    (0xD800...0xDBFF).contains(unit)
                    && codeUnit(bytes, at: index + 6).map { (0xDC00...0xDFFF).contains($0) } == true
                if unit == 0 {
                    replace(index..<index + 6, by: "\\ufffd", .nul)
                } else if (0xD800...0xDFFF).contains(unit), !isPair {
                    replace(index..<index + 6, by: "\\ufffd", .loneSurrogate)
                }
                index += isPair ? 12 : 6
            case 0..<0x20 where isInString:
                replace(index..<index + 1, by: " ", bytes[index] == 0 ? .nul : .controlCharacter)
                index += 1
            default:
                index += 1
            }
        }
        return first.map { (mended, $0) }
    }

    /// The value of the escape `\uXXXX` at `index`; nil: there is none.
    private static func codeUnit(_ bytes: [UInt8], at index: Int) -> UInt32? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt32 = 0
        for byte in bytes[(index + 2)..<(index + 6)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// The member of the frame's object in which `offset` lies.
    static func member(at offset: Int, of bytes: [UInt8]) -> String? {
        do throws(JSONError) {
            return try JSONReader.read(bytes) { (reader: inout JSONReader) throws(JSONError) in
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    let name = String(key)
                    // A name that holds the flaw itself is not repeated.
                    guard reader.offset <= offset else { return nil }
                    try reader.skip()
                    if reader.offset > offset { return name.utf8.count <= 64 ? name : nil }
                }
                return nil
            }
        } catch {
            return nil
        }
    }
}
