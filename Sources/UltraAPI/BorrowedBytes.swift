/// A range of bytes owned by somebody else. Unlike `UnsafeRawBufferPointer` it always has an address, so an access is
/// one load and the count needs no subtraction: the JSON reader does several of both per byte.
struct BorrowedBytes {
    let start: UnsafeRawPointer
    let count: Int

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) {
        start = bytes.baseAddress ?? UnsafeRawPointer(("" as StaticString).utf8Start)
        count = bytes.count
    }

    @inline(__always)
    init(start: UnsafeRawPointer, count: Int) {
        self.start = start
        self.count = count
    }

    @inline(__always)
    subscript(index: Int) -> UInt8 {
        assert(index >= 0 && index < count)
        return start.load(fromByteOffset: index, as: UInt8.self)
    }

    @inline(__always)
    subscript(range: Range<Int>) -> BorrowedBytes {
        assert(range.lowerBound >= 0 && range.upperBound <= count)
        return BorrowedBytes(start: start + range.lowerBound, count: range.upperBound &- range.lowerBound)
    }

    /// The eight bytes from `index` on as an integer, the first one in the lowest bits.
    @inline(__always)
    func word(at index: Int) -> UInt64 {
        assert(index >= 0 && index + 8 <= count)
        return UInt64(littleEndian: start.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// True if the bytes start with U+FEFF in UTF-8.
    @inline(__always)
    var startsWithByteOrderMark: Bool { count >= 3 && self[0] == 0xEF && self[1] == 0xBB && self[2] == 0xBF }

    func equals(_ other: BorrowedBytes) -> Bool {
        guard count == other.count else { return false }
        guard count >= 8 else {
            var index = 0
            while index < count, self[index] == other[index] { index += 1 }
            return index == count
        }
        var index = 0
        while index < count - 8 {
            guard word(at: index) == other.word(at: index) else { return false }
            index += 8
        }
        return word(at: count - 8) == other.word(at: count - 8)
    }

    @inline(__always)
    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
}
