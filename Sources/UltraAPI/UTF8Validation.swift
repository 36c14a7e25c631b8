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
