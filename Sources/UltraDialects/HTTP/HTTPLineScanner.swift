/// Finds lines of heads, chunk sizes and trailers in bytes as they arrive. It examines each byte once.
///
/// A line ends with CRLF and contains no control character except HTAB. RFC 9112, section 2.2, allows recipients to
/// accept a bare LF; since recipients that differ in this see different requests, it is refused.
struct HTTPLineScanner: Sendable {
    /// Offset of the start of the current line.
    private(set) var lineStart = 0
    private var scanned = 0

    /// The next line without its CRLF; nil: its end has not arrived.
    ///
    /// - Parameter bytes: The bytes of the previous call followed by new ones. After `rewind`, without the lines found
    ///   before.
    mutating func next(_ bytes: UnsafeRawBufferPointer) throws(HTTPRefusal) -> Range<Int>? {
        while scanned < bytes.count {
            let byte = bytes[scanned]
            if byte >= 0x20 && byte != 0x7F || byte == 0x09 {
                scanned &+= 1
                continue
            }
            guard byte == 0x0D else {
                throw HTTPRefusal(
                    400,
                    byte == 0x0A ? "a line ends with LF; CRLF is needed" : "a control character stands in the head")
            }
            guard scanned + 1 < bytes.count else { return nil }
            guard bytes[scanned + 1] == 0x0A else {
                throw HTTPRefusal(400, "a CR stands without its LF")
            }
            let line = lineStart..<scanned
            scanned += 2
            lineStart = scanned
            return line
        }
        return nil
    }

    /// Adjusts the offsets after the caller removed the lines found so far.
    mutating func rewind() {
        scanned -= lineStart
        lineStart = 0
    }
}

/// A field line (RFC 9112, section 5) as offsets into the bytes that hold it.
struct HTTPFieldLine: Sendable, Equatable {
    private let nameStart: UInt32
    private let nameEnd: UInt32
    private let valueStart: UInt32
    private let valueEnd: UInt32

    var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    /// The value without surrounding white space.
    var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }

    /// - Parameter line: as `HTTPLineScanner` gives it.
    init(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(HTTPRefusal) {
        var colon = line.lowerBound
        while colon < line.upperBound, bytes[colon].isToken { colon &+= 1 }
        guard colon < line.upperBound, bytes[colon] == UInt8(ascii: ":"), colon > line.lowerBound else {
            throw HTTPRefusal(400, "a header field is malformed: NAME: VALUE is needed")
        }
        var start = colon + 1
        while start < line.upperBound, bytes[start].isBlank { start += 1 }
        var end = line.upperBound
        while end > start, bytes[end - 1].isBlank { end -= 1 }
        nameStart = UInt32(truncatingIfNeeded: line.lowerBound)
        nameEnd = UInt32(truncatingIfNeeded: colon)
        valueStart = UInt32(truncatingIfNeeded: start)
        valueEnd = UInt32(truncatingIfNeeded: end)
    }
}

extension UInt8 {
    /// SP or HTAB.
    var isBlank: Bool { self == 0x20 || self == 0x09 }

    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }

    /// A character of a token (RFC 9110, section 5.6.2).
    @inline(__always)
    var isToken: Bool { self < 0x80 && (self < 64 ? Self.tokensBelow64 : Self.tokensFrom64) >> (self & 63) & 1 == 1 }

    /// `!#$%&'*+-.` and digits, one bit for each.
    private static let tokensBelow64: UInt64 = 0x03FF_6CFA_0000_0000
    /// Letters and ``^_`|~``, one bit for each.
    private static let tokensFrom64: UInt64 = 0x57FF_FFFF_C7FF_FFFE
}

extension UnsafeRawBufferPointer {
    /// True if the bytes in `range` are `word`, in any case.
    ///
    /// - Parameter word: lower-case letters, digits and `-`.
    func holds(_ word: StaticString, at range: Range<Int>) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<range.count where self[range.lowerBound + index] | 0x20 != word.utf8Start[index] {
            return false
        }
        return true
    }
}
