extension JSONReader {
    /// Consumes the next value and validates it as strictly as reading does; only the range of numbers is not looked at.
    package mutating func skip() throws(JSONError) {
        let outside = depth
        // One bit for every container opened here, the innermost lowest: 1 is an object.
        var objects: UInt64 = 0
        repeat {
            if depth > outside {
                guard objects & 1 == 1 ? try nextKey() != nil : try nextElement() else {
                    objects >>= 1
                    continue
                }
            }
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
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                try skipNumber()
            default:
                throw unexpected()
            }
        } while depth > outside
    }

    /// Consumes the next value and returns its validated bytes, without white space around them.
    package mutating func raw() throws(JSONError) -> UnsafeRawBufferPointer {
        skipWhitespace()
        let start = position
        try skip()
        return bytes[start..<position].buffer
    }

    /// Consumes the next value and returns a copy of its bytes.
    package mutating func rawJSON() throws(JSONError) -> RawJSON {
        RawJSON(validated: [UInt8](try raw()))
    }
}
