/// A row in a block: the part that `usage` sums up, in 64 bytes, so that a million rows are read and counted in a tenth
/// of a second.
///
/// The members in this order, little-endian and without padding, are the format on the disk.
struct PackedRow {
    /// Milliseconds since 1970.
    var time: Int64
    /// Micro-USD; `noCost`: not known.
    var cost: Int64
    /// Milliseconds; negative: none.
    var firstToken: Float
    var total: Float
    var uid: UInt32
    var gid: UInt32
    /// `noCount`: not known.
    var input: UInt32
    var output: UInt32
    var cached: UInt32
    var cacheWrite: UInt32
    var reasoning: UInt32
    /// Numbers of names in the block's list; `noName`: none.
    var program: UInt16
    var model: UInt16
    var provider: UInt16
    var operation: UInt16
    var outcome: UInt16
    /// All tags of a row together are one name.
    var tags: UInt16

    static let noCost = Int64.min
    static let noCount = UInt32.max
    static let noName: UInt16 = 0

    static func count(_ value: Int?) -> UInt32 {
        guard let value, value >= 0 else { return noCount }
        return UInt32(min(value, Int(noCount) - 1))
    }
}
