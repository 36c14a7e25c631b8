extension JSONReader {
    /// The range of a string's content, without its quotes.
    struct StringSpan {
        var start: Int
        var end: Int
        var hasEscapes: Bool
    }

    /// Reads a string and resolves its escapes.
    package mutating func string() throws(JSONError) -> String {
        guard try significantByte() == UInt8(ascii: "\"") else { throw mismatch(.string) }
        let span = try scanString()
        return JSONReader.decode(
            bytes[span.start..<span.end], hasEscapes: span.hasEscapes)
    }

    /// Reads a string for comparison with literals, without copying it.
    package mutating func word() throws(JSONError) -> JSONKey {
        guard try significantByte() == UInt8(ascii: "\"") else { throw mismatch(.string) }
        let span = try scanString()
        return JSONKey(bytes: bytes[span.start..<span.end], hasEscapes: span.hasEscapes)
    }

    /// The content of `json` if it is exactly one JSON string; otherwise nil.
    package static func text(of json: UnsafeRawBufferPointer) -> String? {
        var reader = JSONReader(json)
        do throws(JSONError) {
            let text = try reader.string()
            try reader.end()
            return text
        } catch {
            return nil
        }
    }

    /// nil for `null`.
    package mutating func stringOrNull() throws(JSONError) -> String? {
        try consumeNull() ? nil : string()
    }

    /// Consumes and validates a string. The next byte must be its opening quote.
    @inline(__always)
    mutating func scanString() throws(JSONError) -> StringSpan {
        // Fast path: most names and many values are plain ASCII and end within eight bytes.
        let start = position + 1
        if start + 8 <= bytes.count {
            let word = bytes.word(at: start)
            let marks = JSONText.specials(in: word)
            let bits = UInt64(marks.trailingZeroBitCount & ~7)
            if marks != 0, word & ((1 << bits) &- 1) & JSONText.highs == 0 {
                let end = start + Int(bits) / 8
                if bytes[end] == UInt8(ascii: "\"") {
                    position = end + 1
                    return StringSpan(start: start, end: end, hasEscapes: false)
                }
            }
        }
        return try scanAnyString()
    }

    @inline(never)
    private mutating func scanAnyString() throws(JSONError) -> StringSpan {
        let start = position + 1
        var index = start
        var highBits: UInt64 = 0
        var hasEscapes = false
        while true {
            index = JSONText.plainRun(bytes, from: index, seen: &highBits)
            guard index < bytes.count else { throw JSONError(.unexpectedEnd, offset: index) }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                if highBits & 0x8080_8080_8080_8080 != 0 {
                    let content = bytes[start..<index]
                    if let bad = firstInvalidUTF8(in: content) {
                        throw JSONError(.invalidUTF8, offset: start + bad)
                    }
                }
                position = index + 1
                return StringSpan(start: start, end: index, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                // Escapes often follow one another, so look for the next one before the next run.
                repeat {
                    index = try escapeEnd(at: index)
                } while index < bytes.count && bytes[index] == UInt8(ascii: "\\")
            default:
                throw JSONError(.controlCharacter, offset: index)
            }
        }
    }

    /// Validates the escape at `index`, or the pair of escapes of a surrogate pair, and returns the index after it.
    @inline(__always)
    private mutating func escapeEnd(at index: Int) throws(JSONError) -> Int {
        guard index + 1 < bytes.count else { throw JSONError(.unexpectedEnd, offset: bytes.count) }
        if JSONText.isSimpleEscape(bytes[index + 1]) { return index + 2 }
        return try codePointEnd(at: index)
    }

    /// Like `escapeEnd`, for escapes of code points.
    private mutating func codePointEnd(at index: Int) throws(JSONError) -> Int {
        switch bytes[index + 1] {
        case UInt8(ascii: "u"):
            let unit = try codeUnit(at: index + 2)
            switch unit {
            case 0xD800...0xDBFF:
                guard index + 8 <= bytes.count, bytes[index + 6] == UInt8(ascii: "\\"),
                    bytes[index + 7] == UInt8(ascii: "u"), case 0xDC00...0xDFFF = try codeUnit(at: index + 8)
                else { return try loneSurrogateEnd(at: index) }
                return index + 12
            case 0xDC00...0xDFFF:
                return try loneSurrogateEnd(at: index)
            default:
                if unit == 0 { hasMetNull = true }
                return index + 6
            }
        default:
            throw JSONError(.invalidEscape, offset: index)
        }
    }

    /// The index after the escape at `index`, half of a surrogate pair.
    /// - Throws: `.loneSurrogate` unless the reader is lenient.
    private mutating func loneSurrogateEnd(at index: Int) throws(JSONError) -> Int {
        guard isLenient else { throw JSONError(.loneSurrogate, offset: index) }
        hasMetLoneSurrogate = true
        return index + 6
    }

    /// The value of the four hexadecimal digits at `index`.
    private func codeUnit(at index: Int) throws(JSONError) -> UInt32 {
        guard index + 4 <= bytes.count else { throw JSONError(.unexpectedEnd, offset: bytes.count) }
        guard let unit = JSONText.hexadecimal(bytes, at: index) else {
            throw JSONError(.invalidEscape, offset: index - 2)
        }
        return unit
    }

    /// The text of a string validated by `scanString()`.
    static func decode(_ content: BorrowedBytes, hasEscapes: Bool) -> String {
        guard hasEscapes else { return String(decoding: content.buffer, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: content.count) { target in
            JSONText.unescape(content, into: UnsafeMutableRawBufferPointer(target))
        }
    }
}

/// The offset of the first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7); nil if all bytes are.
func firstInvalidUTF8(in bytes: BorrowedBytes) -> Int? {
    var index = 0
    while index < bytes.count {
        let lead = bytes[index]
        if lead < 0x80 {
            index += 1
            while index + 8 <= bytes.count, bytes.word(at: index) & JSONText.highs == 0 { index += 8 }
            continue
        }
        // The most frequent non-ASCII case: three bytes, of which the second only needs to be a continuation byte.
        if lead >= 0xE1, lead <= 0xEF, lead != 0xED, index + 4 <= bytes.count {
            let word = UInt32(littleEndian: bytes.start.loadUnaligned(fromByteOffset: index, as: UInt32.self))
            guard word & 0xC0C000 == 0x808000 else { return index }
            index += 3
            continue
        }
        if lead >= 0xC2, lead <= 0xDF, index + 2 <= bytes.count {
            guard bytes[index + 1] & 0xC0 == 0x80 else { return index }
            index += 2
            continue
        }
        let length: Int
        let second: ClosedRange<UInt8>
        switch lead {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return index
        }
        guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return index }
        if length > 2, bytes[index + 2] & 0xC0 != 0x80 { return index }
        if length > 3, bytes[index + 3] & 0xC0 != 0x80 { return index }
        index += length
    }
    return nil
}
