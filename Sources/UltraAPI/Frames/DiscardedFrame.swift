/// A frame whose bytes are counted and dropped. Finds the request's id on the way, so that the request can be answered
/// with an error.
struct DiscardedFrame: Sendable, Equatable {
    /// Bytes of the frame not received yet.
    private(set) var missingByteCount: Int
    /// The value of `id` in the outermost object; nil if not found yet, or not an integer.
    private(set) var id: Int?

    private enum Place: Sendable, Equatable {
        case outside
        /// In the name of a member of the outermost object; `matched` is how many characters of `id` matched, -1 after
        /// a mismatch.
        case name(matched: Int)
        case string
    }

    private var place = Place.outside
    private var isEscaped = false
    private var depth = 0
    /// True if the next string of the outermost object is a member's name.
    private var expectsName = false
    /// True if the value of `id` comes next or is being read.
    private var isID = false
    private var wasNamedID = false
    private var digits = 0

    init(length: Int) {
        missingByteCount = length
    }

    /// Consumes the bytes that belong to the frame and returns their number.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        let count = min(bytes.count, missingByteCount)
        missingByteCount -= count
        guard id == nil else { return count }
        for index in 0..<count {
            read(bytes[index])
            if id != nil { break }
        }
        return count
    }

    private mutating func read(_ byte: UInt8) {
        if place == .outside { return readOutside(byte) }
        if isEscaped {
            isEscaped = false
            if case .name = place { place = .name(matched: -1) }
            return
        }
        switch byte {
        case UInt8(ascii: "\\"):
            isEscaped = true
        case UInt8(ascii: "\""):
            if place == .name(matched: 2) { wasNamedID = true }
            place = .outside
        default:
            guard case .name(let matched) = place else { return }
            let isRight = matched == 0 && byte == UInt8(ascii: "i") || matched == 1 && byte == UInt8(ascii: "d")
            place = .name(matched: isRight ? matched + 1 : -1)
        }
    }

    private mutating func readOutside(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""):
            isID = false
            place = depth == 1 && expectsName ? .name(matched: 0) : .string
            expectsName = false
            wasNamedID = false
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            expectsName = depth == 1 && byte == UInt8(ascii: "{")
            isID = false
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            conclude()
            depth -= 1
        case UInt8(ascii: ":"):
            if depth == 1, wasNamedID { isID = true }
            wasNamedID = false
        case UInt8(ascii: ","):
            conclude()
            expectsName = depth == 1
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard isID else { return }
            digits = digits &* 10 &+ Int(byte - UInt8(ascii: "0"))
            if digits > RequestFrame.maxID { isID = false }
        case 0x20, 0x0A, 0x0D, 0x09:
            break
        default:
            isID = false
        }
    }

    private mutating func conclude() {
        if isID, depth == 1, digits > 0 { id = digits }
        isID = false
        digits = 0
    }
}
