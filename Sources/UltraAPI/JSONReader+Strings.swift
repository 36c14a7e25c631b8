extension JSONReader {
    /// Where the content of a string lies, quotes excluded.
    struct StringSpan {
        var start: Int
        var end: Int
        var hasEscapes: Bool
    }

    /// The next value, a string, with its escapes resolved.
    package mutating func string() throws(JSONError) -> String {
        guard try significantByte() == UInt8(ascii: "\"") else { throw mismatch(.string) }
        let span = try scanString()
        return JSONReader.decode(
            UnsafeRawBufferPointer(rebasing: bytes[span.start..<span.end]), hasEscapes: span.hasEscapes)
    }

    package mutating func stringOrNull() throws(JSONError) -> String? {
        try consumeNull() ? nil : string()
    }

    /// Consumes and validates the string whose opening quote is the next byte.
    mutating func scanString() throws(JSONError) -> StringSpan {
        let start = position + 1
        var index = start
        var highBits: UInt64 = 0
        var hasEscapes = false
        while true {
            index = plainRun(from: index, highBits: &highBits)
            guard index < bytes.count else { throw JSONError(.unexpectedEnd, offset: index) }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                if highBits & 0x8080_8080_8080_8080 != 0 {
                    let content = UnsafeRawBufferPointer(rebasing: bytes[start..<index])
                    if let bad = firstInvalidUTF8(in: content) {
                        throw JSONError(.invalidUTF8, offset: start + bad)
                    }
                }
                position = index + 1
                return StringSpan(start: start, end: index, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                index = try escapeEnd(at: index)
            default:
                throw JSONError(.controlCharacter, offset: index)
            }
        }
    }

    /// The index of the first quote, backslash or control character from `index` on, or the end of the text.
    /// All bytes passed over are gathered into `highBits`.
    private func plainRun(from start: Int, highBits: inout UInt64) -> Int {
        var index = start
        while index + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let special = JSONText.specials(in: word)
            if special != 0 {
                let plain = special.trailingZeroBitCount & ~7
                highBits |= word & ((1 << UInt64(plain)) &- 1)
                return index + plain / 8
            }
            highBits |= word
            index += 8
        }
        while index < bytes.count, !JSONText.isSpecial(bytes[index]) {
            highBits |= UInt64(bytes[index])
            index += 1
        }
        return index
    }

    /// Validates the escape that starts at `index` and returns the index after it; a surrogate pair counts as one.
    private func escapeEnd(at index: Int) throws(JSONError) -> Int {
        guard index + 1 < bytes.count else { throw JSONError(.unexpectedEnd, offset: bytes.count) }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return index + 2
        case UInt8(ascii: "u"):
            let unit = try codeUnit(at: index + 2)
            switch unit {
            case 0xD800...0xDBFF:
                guard index + 8 <= bytes.count, bytes[index + 6] == UInt8(ascii: "\\"),
                    bytes[index + 7] == UInt8(ascii: "u"), case 0xDC00...0xDFFF = try codeUnit(at: index + 8)
                else { throw JSONError(.loneSurrogate, offset: index) }
                return index + 12
            case 0xDC00...0xDFFF:
                throw JSONError(.loneSurrogate, offset: index)
            default:
                return index + 6
            }
        default:
            throw JSONError(.invalidEscape, offset: index)
        }
    }

    /// The value of the four hexadecimal digits at `index`.
    private func codeUnit(at index: Int) throws(JSONError) -> UInt32 {
        guard index + 4 <= bytes.count else { throw JSONError(.unexpectedEnd, offset: bytes.count) }
        guard let unit = JSONText.hexadecimal(bytes, at: index) else {
            throw JSONError(.invalidEscape, offset: index - 2)
        }
        return unit
    }

    /// The text of a string that `scanString` has validated.
    static func decode(_ content: UnsafeRawBufferPointer, hasEscapes: Bool) -> String {
        guard hasEscapes else { return String(decoding: content, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: content.count) { target in
            var source = 0
            var written = 0
            while source < content.count {
                let byte = content[source]
                guard byte == UInt8(ascii: "\\") else {
                    target[written] = byte
                    written += 1
                    source += 1
                    continue
                }
                source += JSONText.decodeEscape(content, at: source, into: target, at: &written)
            }
            return written
        }
    }
}
