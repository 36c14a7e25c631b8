internal import UltraAPI

/// Sums up rows by the keys of a query.
struct UsageTally {
    /// Up to nine 32-bit values that identify a group. Of `day` and `hour`, the finer one.
    struct Key: Hashable {
        var names: UInt64 = 0
        var accounts: UInt64 = 0
        var origin: UInt64 = 0
        var end: UInt64 = 0
        var hour: UInt32 = 0

        /// Its first slot in the hash table. A multiplication spreads the values over the high bits, as well as
        /// `Hasher` here and in a tenth of its time.
        var slot: Int {
            var mixed = names &* 0x9e37_79b9_7f4a_7c15
            mixed = (mixed ^ accounts) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 31) ^ origin) &* 0x94d0_49bb_1331_11eb
            mixed = (mixed ^ (mixed >> 29) ^ end ^ UInt64(hour) << 17) &* 0x9e37_79b9_7f4a_7c15
            return Int(truncatingIfNeeded: (mixed ^ mixed >> 32) >> 20) & (UsageTally.slotCount - 1)
        }
    }

    private static let slotCount = 4096

    /// True if there are more groups than a result may have.
    struct TooMany: Error {}

    private let query: UsageQuery
    private var index: [Key: Int] = [:]
    /// The index of a group by slot, or -1: most rows find their group here.
    private var slots = [Int](repeating: -1, count: slotCount)
    private var keys: [Key] = []
    private var figures: [UsageFigures] = []
    /// Names by numbers that are valid for all blocks; 0 stands for none.
    private var names = [""]
    private var numbers: [String: UInt32] = [:]

    init(_ query: UsageQuery) {
        self.query = query
    }

    mutating func add(_ block: LedgerBlock) throws(TooMany) {
        guard let selection = Selection(query, block.names) else { return }
        let shared = block.names.map { number($0) }
        let by = Grouping(query.keys)
        for row in block.rows where selection.contains(row) {
            let key = by.key(row, shared)
            let slot = key.slot
            var group = slots[slot]
            if group < 0 || keys[group] != key {
                group = index[key] ?? figures.count
                if group == figures.count {
                    // Tags are split only at the end: a set of tags may belong to several groups.
                    guard group < UsageQuery.maxGroups * (by.tag ? 20 : 1) else { throw TooMany() }
                    index[key] = group
                    keys.append(key)
                    figures.append(UsageFigures())
                }
                slots[slot] = group
            }
            figures[group].add(row, isFailure: row.outcome != selection.ok)
        }
    }

    private mutating func number(_ name: String) -> UInt32 {
        if name.isEmpty { return 0 }
        if let number = numbers[name] { return number }
        let number = UInt32(names.count)
        names.append(name)
        numbers[name] = number
        return number
    }

    /// The keys of the query as flags, for the loop over all rows.
    private struct Grouping {
        let model, provider, user, group, program, operation, outcome, tag: Bool
        /// Milliseconds; 0: time is no key.
        let span: Int64

        init(_ keys: [UsageKey]) {
            model = keys.contains(.model)
            provider = keys.contains(.provider)
            user = keys.contains(.user)
            group = keys.contains(.group)
            program = keys.contains(.program)
            operation = keys.contains(.operation)
            outcome = keys.contains(.outcome)
            tag = keys.contains(.tag)
            span = keys.contains(.hour) ? 3_600_000 : keys.contains(.day) ? 86_400_000 : 0
        }

        func key(_ row: PackedRow, _ shared: [UInt32]) -> Key {
            var key = Key()
            if model { key.names = UInt64(shared[Int(row.model)]) << 32 }
            if provider { key.names |= UInt64(shared[Int(row.provider)]) }
            if user { key.accounts = UInt64(row.uid) << 32 }
            if group { key.accounts |= UInt64(row.gid) }
            if program { key.origin = UInt64(shared[Int(row.program)]) << 32 }
            if operation { key.origin |= UInt64(shared[Int(row.operation)]) }
            if outcome { key.end = UInt64(shared[Int(row.outcome)]) << 32 }
            if tag { key.end |= UInt64(shared[Int(row.tags)]) }
            if span > 0 { key.hour = UInt32(truncatingIfNeeded: row.time / span) }
            return key
        }
    }

    /// The filter, in the numbers of one block.
    private struct Selection {
        private let since: Int64
        private let until: Int64
        private let uid: UInt32?
        private let gid: UInt32?
        private let program: UInt16?
        private let model: UInt16?
        private let provider: UInt16?
        private let operation: UInt16?
        private let outcome: UInt16?
        private let tagSets: Set<UInt16>?
        /// The number of `LedgerRow.ok`.
        let ok: UInt16

        /// nil: no row can match, because the block lacks a name in the filter.
        init?(_ query: UsageQuery, _ names: [String]) {
            since = Int64(query.since)
            until = Int64(query.until)
            uid = query.filter.uid
            gid = query.filter.gid
            var isPossible = true
            func number(_ name: String?) -> UInt16? {
                guard let name else { return nil }
                guard let index = names.dropFirst().firstIndex(of: name) else {
                    isPossible = false
                    return nil
                }
                return UInt16(index)
            }
            program = number(query.filter.program)
            model = number(query.filter.model)
            provider = number(query.filter.provider)
            operation = number(query.filter.operation)
            outcome = number(query.filter.outcome)
            if let tag = query.filter.tag {
                // Another kind of name that looks like the tag is no tag of any row, so it does no harm.
                let sets = names.indices.dropFirst().filter { LedgerTags.split(names[$0]).contains { $0 == tag } }
                tagSets = Set(sets.map { UInt16($0) })
                isPossible = isPossible && !sets.isEmpty
            } else {
                tagSets = nil
            }
            ok = names.firstIndex(of: LedgerRow.ok).map { UInt16($0) } ?? .max
            guard isPossible else { return nil }
        }

        func contains(_ row: PackedRow) -> Bool {
            guard row.time >= since, row.time < until else { return false }
            if let uid, row.uid != uid { return false }
            if let gid, row.gid != gid { return false }
            if let program, row.program != program { return false }
            if let model, row.model != model { return false }
            if let provider, row.provider != provider { return false }
            if let operation, row.operation != operation { return false }
            if let outcome, row.outcome != outcome { return false }
            if let tagSets, !tagSets.contains(row.tags) { return false }
            return true
        }
    }

    // MARK: - The result

    /// The groups in order: by time if that is a key, or else by cost, the highest first.
    consuming func groups() throws(TooMany) -> [UsageGroup] {
        let names = names
        let query = query
        func name(_ number: UInt64) -> String? { number == 0 ? nil : names[Int(truncatingIfNeeded: number)] }
        var found: [UsageGroup] = []
        var byTag: [UsageGroup.Name: Int] = [:]
        for (key, figures) in zip(keys, figures) {
            var group = UsageGroup.Name()
            for asked in query.keys {
                switch asked {
                case .model: group.model = name(key.names >> 32)
                case .provider: group.provider = name(key.names & 0xffff_ffff)
                case .user: group.uid = UInt32(key.accounts >> 32)
                case .group: group.gid = UInt32(key.accounts & 0xffff_ffff)
                case .program: group.program = name(key.origin >> 32)
                case .operation: group.operation = name(key.origin & 0xffff_ffff)
                case .outcome: group.outcome = name(key.end >> 32)
                case .day, .hour:
                    group.time = Int(key.hour) * (query.keys.contains(.hour) ? 3600 : 86_400)
                case .tag: break
                }
            }
            guard query.keys.contains(.tag) else {
                found.append(UsageGroup(name: group, figures: figures))
                continue
            }
            let tags: [String?] = name(key.end & 0xffff_ffff).map { LedgerTags.split($0).map { String($0) } } ?? [nil]
            for tag in tags {
                group.tag = tag
                if let index = byTag[group] {
                    found[index].figures.add(figures)
                } else {
                    byTag[group] = found.count
                    found.append(UsageGroup(name: group, figures: figures))
                }
            }
        }
        guard found.count <= UsageQuery.maxGroups else { throw TooMany() }
        for index in found.indices { found[index].settle() }
        return found.sorted(by: UsageGroup.isBefore)
    }
}
