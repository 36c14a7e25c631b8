internal import UltraAPI

/// Rows of the ledger in compact form, with the names they refer to, for the sums of `usage`.
///
/// A block is self-contained: its names are numbered anew, so that none is kept longer than its rows.
struct LedgerBlock {
    /// The number of rows in a full block of the file. Each has at most six names of its own, so that 16 bits number
    /// them.
    static let rowCount = 4096

    private(set) var rows: [PackedRow] = []
    /// The first stands for no name.
    private(set) var names = [""]
    private var numbers: [String: UInt16] = [:]

    init() {}

    mutating func append(_ row: LedgerRow) {
        let last = rows.last
        rows.append(
            PackedRow(
                time: Int64(row.time), cost: row.costMicroUSD.map { Int64($0) } ?? PackedRow.noCost,
                firstToken: row.firstTokenMilliseconds.map { Float($0) } ?? -1, total: Float(row.totalMilliseconds),
                uid: row.uid, gid: row.gid, input: PackedRow.count(row.usage.inputTokens),
                output: PackedRow.count(row.usage.outputTokens), cached: PackedRow.count(row.usage.cachedInputTokens),
                cacheWrite: PackedRow.count(row.usage.cacheWriteTokens),
                reasoning: PackedRow.count(row.usage.reasoningTokens),
                program: number(row.program ?? "", last?.program), model: number(row.model, last?.model),
                provider: number(row.provider, last?.provider), operation: number(row.operation, last?.operation),
                outcome: number(row.outcome, last?.outcome), tags: number(LedgerTags.name(row.tags), last?.tags)))
    }

    /// - Parameter last: the number that the previous row has there, which is usually the same.
    private mutating func number(_ name: String, _ last: UInt16?) -> UInt16 {
        if name.isEmpty { return PackedRow.noName }
        if let last, names[Int(last)] == name { return last }
        if let number = numbers[name] { return number }
        guard let number = UInt16(exactly: names.count) else { return PackedRow.noName }
        names.append(name)
        numbers[name] = number
        return number
    }

    var firstTime: Int { Int(rows.lazy.map(\.time).min() ?? 0) }
    var lastTime: Int { Int(rows.lazy.map(\.time).max() ?? 0) }

    // MARK: - The form in the file

    /// The rows as they are in memory.
    func withRowBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        rows.withUnsafeBytes(body)
    }

    /// The names except the first, each preceded by its 32-bit length.
    var nameBytes: [UInt8] {
        var bytes: [UInt8] = []
        for name in names.dropFirst() {
            var name = name
            name.withUTF8 { text in
                let length = UInt32(text.count)
                bytes += (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
                bytes.append(contentsOf: text)
            }
        }
        return bytes
    }

    /// nil: these bytes are no block.
    init?(rowBytes: UnsafeRawBufferPointer, nameBytes: UnsafeRawBufferPointer) {
        let size = MemoryLayout<PackedRow>.stride
        guard rowBytes.count % size == 0 else { return nil }
        var rest = UnsafeRawBufferPointer(rebasing: nameBytes[...])
        while !rest.isEmpty {
            guard rest.count >= 4 else { return nil }
            let length = (0..<4).reduce(0) { $0 | Int(rest[$1]) << (8 * $1) }
            guard rest.count - 4 >= length else { return nil }
            names.append(String(decoding: rest[4..<(4 + length)], as: UTF8.self))
            rest = UnsafeRawBufferPointer(rebasing: rest[(4 + length)...])
        }
        let count = rowBytes.count / size
        rows = [PackedRow](unsafeUninitializedCapacity: count) { space, filled in
            UnsafeMutableRawBufferPointer(space).copyMemory(from: rowBytes)
            filled = count
        }
        // A number without a name would trap later.
        let limit = names.count
        for row in rows {
            let highest = max(row.program, row.model, row.provider, row.operation, row.outcome, row.tags)
            guard Int(highest) < limit else { return nil }
        }
    }
}
