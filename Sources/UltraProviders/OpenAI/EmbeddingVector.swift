import UltraAPI

/// An embedding vector as a JSON array of numbers. Servers may also send it as base64 of little-endian 32-bit floats,
/// even if that was not requested.
struct EmbeddingVector {
    /// A JSON array of numbers.
    let json: RawJSON
    let count: Int

    /// Reads a vector in either form.
    /// - Throws: `invalidNumber` for anything else, or for values that are not finite.
    init(_ reader: inout JSONReader) throws(JSONError) {
        let offset = reader.offset
        if try reader.kind() == .string {
            guard let packed = Self.unpacked(try reader.string()) else {
                throw JSONError(.invalidNumber, offset: offset)
            }
            self = packed
        } else {
            let array = try reader.raw()
            guard let count = Self.count(array) else { throw JSONError(.invalidNumber, offset: offset) }
            json = RawJSON(validated: [UInt8](array))
            self.count = count
        }
    }

    private init(json: [UInt8], count: Int) {
        self.json = RawJSON(validated: json)
        self.count = count
    }

    /// The number of elements in an array of numbers; nil if it is not an array, or holds something else.
    private static func count(_ json: UnsafeRawBufferPointer) -> Int? {
        guard json.first == UInt8(ascii: "["), json.last == UInt8(ascii: "]") else { return nil }
        var commas = 0
        var hasNumber = false
        for byte in UnsafeRawBufferPointer(rebasing: json[1..<json.count - 1]) {
            switch byte {
            case UInt8(ascii: ","): commas += 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"): hasNumber = true
            case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): break
            default: guard byte.isJSONWhitespace else { return nil }
            }
        }
        return hasNumber ? commas + 1 : 0
    }

    /// Decodes base64 of floats; nil if it is not base64, has an incomplete float or one that is not finite.
    private static func unpacked(_ text: String) -> EmbeddingVector? {
        guard let bytes = Base64.decoded(text), bytes.count % 4 == 0 else { return nil }
        var json: [UInt8] = [UInt8(ascii: "[")]
        json.reserveCapacity(bytes.count * 3)
        for start in stride(from: 0, to: bytes.count, by: 4) {
            let pattern = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
            let value = Float(bitPattern: pattern)
            guard value.isFinite else { return nil }
            if start > 0 { json.append(UInt8(ascii: ",")) }
            // `description` is the shortest decimal that reads back as the same float. An exponent such as `1e-05` is
            // valid JSON.
            json.append(contentsOf: value.description.utf8)
        }
        json.append(UInt8(ascii: "]"))
        return EmbeddingVector(json: json, count: bytes.count / 4)
    }
}
