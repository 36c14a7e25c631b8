/// White space (Unicode's property White_Space) at the ends of a text, by its scalars and not its characters: to find
/// where a character ends takes as long as the text has combining marks.
extension String {
    /// Nothing but white space, or nothing at all.
    var isBlank: Bool { wordStart == endIndex }

    /// Where the first scalar stands that is no white space.
    var wordStart: Index {
        var text = self
        let count = text.withUTF8 { bytes in
            var index = 0
            while index < bytes.count {
                if bytes[index] < 0x80 {
                    guard bytes[index].isASCIIWhiteSpace else { break }
                    index += 1
                } else {
                    let length = Self.length(of: bytes[index])
                    guard Self.isWhiteSpace(bytes[index..<min(bytes.count, index + length)]) else { break }
                    index += length
                }
            }
            return index
        }
        return utf8.index(startIndex, offsetBy: count)
    }

    /// Where the white space at the end begins.
    var wordEnd: Index {
        var text = self
        let count = text.withUTF8 { bytes in
            var end = bytes.count
            while end > 0 {
                var start = end - 1
                while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
                guard bytes[start].isASCIIWhiteSpace || Self.isWhiteSpace(bytes[start..<end]) else { break }
                end = start
            }
            return end
        }
        return utf8.index(startIndex, offsetBy: count)
    }

    /// Bytes of the scalar that begins so.
    private static func length(of first: UInt8) -> Int { first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2 }

    /// - Parameter scalar: the UTF-8 of one scalar.
    private static func isWhiteSpace(_ scalar: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        // All white space beyond ASCII has two or three bytes.
        guard (2...3).contains(scalar.count) else { return false }
        return String(decoding: scalar, as: UTF8.self).unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }
}

extension UInt8 {
    /// Tab, line feed, vertical tab, form feed, carriage return, space.
    fileprivate var isASCIIWhiteSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
