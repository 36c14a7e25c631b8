extension JSONReader {
    /// Consumes and validates the next value as strictly as reading does, except for the range of numbers.
    package mutating func skip() throws(JSONError) {
        let outside = depth
        // One bit per container opened here, the innermost lowest: 1 for an object, 0 for an array.
        var objects: UInt64 = 0
        repeat {
            if depth > outside {
                guard objects & 1 == 1 ? try nextKey() != nil : try nextElement() else {
                    objects >>= 1
                    continue
                }
            }
            valuesLeft &-= 1
            guard valuesLeft >= 0 else { throw JSONError(.tooManyValues, offset: position) }
            switch try significantByte() {
            case UInt8(ascii: "{"):
                try beginObject()
                objects = objects << 1 | 1
            case UInt8(ascii: "["):
                try beginArray()
                objects <<= 1
            case UInt8(ascii: "\""):
                _ = try scanString()
            case UInt8(ascii: "t"), UInt8(ascii: "f"):
                _ = try bool()
            case UInt8(ascii: "n"):
                try null()
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if !skipDigits() { try skipNumber() }
            case UInt8(ascii: "-") where !isNonNumber:
                try skipNumber()
            default:
                guard skipNonNumber() else { throw unexpected() }
            }
        } while depth > outside
    }

    /// Consumes an integer without sign; returns false, and consumes nothing, if it is any other number.
    @inline(__always)
    private mutating func skipDigits() -> Bool {
        var end = position + 1
        if bytes[position] != UInt8(ascii: "0") {
            while end < bytes.count, bytes[end] &- UInt8(ascii: "0") < 10 { end += 1 }
        }
        guard end < bytes.count else { return false }
        switch bytes[end] {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"):
            position = end
            return true
        default: return false
        }
    }

    /// Consumes the next value and returns its validated bytes, without surrounding white space. They are valid as long
    /// as the reader's bytes.
    package mutating func raw() throws(JSONError) -> UnsafeRawBufferPointer {
        skipWhitespace()
        let start = position
        try skip()
        return bytes[start..<position].buffer
    }

    /// Consumes the next value and returns a copy of its bytes as strict JSON. In a provider's reply, half of a
    /// surrogate pair becomes `\ufffd`, and `NaN` or `Infinity` is an error.
    package mutating func rawJSON() throws(JSONError) -> RawJSON {
        let value = try strictlyRaw()
        return RawJSON(validated: hasMetLoneSurrogate ? JSONText.withoutLoneSurrogates(value) : [UInt8](value))
    }

    /// Like `rawJSON()`, as a string.
    package mutating func rawText() throws(JSONError) -> String {
        let value = try strictlyRaw()
        return hasMetLoneSurrogate
            ? String(decoding: JSONText.withoutLoneSurrogates(value), as: UTF8.self)
            : String(decoding: value, as: UTF8.self)
    }

    private mutating func strictlyRaw() throws(JSONError) -> UnsafeRawBufferPointer {
        hasMetNonNumber = false
        let value = try raw()
        guard !hasMetNonNumber else { throw JSONError(.invalidNumber, offset: position) }
        return value
    }

    /// Consumes the next value if it is `NaN`, `Infinity` or `-Infinity` in a provider's reply. JSON has no such
    /// numbers, but Python's writer produces them.
    /// - Returns: true if it was one of them.
    package mutating func skipNonNumber() -> Bool {
        guard isNonNumber else { return false }
        hasMetNonNumber = true
        position += bytes[position] == UInt8(ascii: "N") ? 3 : bytes[position] == UInt8(ascii: "I") ? 8 : 9
        return true
    }

    /// True if `NaN`, `Infinity` or `-Infinity` starts at `position` in a provider's reply.
    @inline(__always)
    var isNonNumber: Bool {
        guard isLenient, position < bytes.count else { return false }
        switch bytes[position] {
        case UInt8(ascii: "N"), UInt8(ascii: "I"): return holdsNonNumber(at: position)
        case UInt8(ascii: "-"):
            guard position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "I") else { return false }
            return holdsNonNumber(at: position + 1)
        default: return false
        }
    }

    @inline(never)
    private func holdsNonNumber(at index: Int) -> Bool {
        let rest = bytes[index..<bytes.count].buffer
        return rest.starts(with: "Infinity".utf8) || (index == position && rest.starts(with: "NaN".utf8))
    }
}
