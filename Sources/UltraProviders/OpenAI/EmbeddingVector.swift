import UltraAPI

/// A vector as a server sent it: an array of numbers, or, from those that pack them although not asked to, the base64
/// of little-endian 32-bit floats.
struct EmbeddingVector {
    /// A JSON array of numbers.
    let json: RawJSON
    let count: Int

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

    /// How many numbers an array holds; `nil`: it is none, or holds something else.
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

    /// `nil`: not base64, not whole floats, or not finite ones.
    private static func unpacked(_ text: String) -> EmbeddingVector? {
        guard let bytes = Base64.decoded(text), bytes.count % 4 == 0 else { return nil }
        var json: [UInt8] = [UInt8(ascii: "[")]
        json.reserveCapacity(bytes.count * 3)
        for start in stride(from: 0, to: bytes.count, by: 4) {
            let pattern = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
            let value = Float(bitPattern: pattern)
            guard value.isFinite else { return nil }
            if start > 0 { json.append(UInt8(ascii: ",")) }
            // The shortest digits that read back as the same float; `1e-05` is JSON too.
            json.append(contentsOf: value.description.utf8)
        }
        json.append(UInt8(ascii: "]"))
        return EmbeddingVector(json: json, count: bytes.count / 4)
    }
}
