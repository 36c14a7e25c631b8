/// Handles invalid characters in a request's strings. They fail the request but not the connection: the frame's end is
/// known, and with the characters replaced its id can be read.
extension RequestFrame {
    struct Flaw: Equatable {
        enum Kind: String {
            case loneSurrogate = "half of a surrogate pair"
            case nul = "a NUL"
            case controlCharacter = "an unescaped control character"
        }

        var kind: Kind
        /// The offset of its first byte in the frame.
        var offset: Int
    }

    /// The first flaw in `bytes`, and a copy of the same length with all flaws replaced; nil if there is none.
    static func mended(_ bytes: [UInt8]) -> (bytes: [UInt8], flaw: Flaw)? {
        bytes.withUnsafeBytes { mended(bytes, BorrowedBytes($0)) }
    }

    private static func mended(_ whole: [UInt8], _ bytes: BorrowedBytes) -> (bytes: [UInt8], flaw: Flaw)? {
        var mended = whole
        // Not examined, because only the end of a run matters here.
        var seen: UInt64 = 0
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
            if isInString { index = JSONText.plainRun(bytes, from: index, seen: &seen) }
            guard index < bytes.count else { break }
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

    /// The value of the escape `\uXXXX` at `index`; nil if there is no escape.
    private static func codeUnit(_ bytes: BorrowedBytes, at index: Int) -> UInt32? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
        else { return nil }
        return JSONText.hexadecimal(bytes, at: index + 2)
    }

    /// The name of the frame's member that contains `offset`; nil if the name itself contains the flaw or is long.
    static func member(at offset: Int, of bytes: [UInt8]) -> String? {
        do throws(JSONError) {
            return try JSONReader.read(bytes) { (reader: inout JSONReader) throws(JSONError) in
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    let name = String(key)
                    // The flaw is in the name itself, which must not be repeated.
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
