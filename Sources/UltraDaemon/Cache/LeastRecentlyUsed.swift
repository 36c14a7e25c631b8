/// A dictionary with a limit of bytes and a maximum age, which evicts the least recently used values first. Pure: times
/// are arguments, in milliseconds.
struct LeastRecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var key: Key
        var value: Value
        var byteCount: Int
        var storedAt: Int
        var older: Int?
        var newer: Int?
    }

    var limitBytes: Int {
        didSet { shrink() }
    }

    private(set) var byteCount = 0
    /// Entries evicted for lack of room.
    private(set) var evictions = 0
    private var slots: [Entry?] = []
    private var freeSlots: [Int] = []
    private var byKey: [Key: Int] = [:]
    private var oldest: Int?
    private var newest: Int?

    init(limitBytes: Int) {
        self.limitBytes = limitBytes
    }

    var count: Int { byKey.count }

    /// The value, if it was stored less than `lifetime` ago. It becomes the most recently used.
    mutating func find(_ key: Key, at now: Int, lifetime: Int) -> Value? {
        guard let slot = byKey[key], let entry = slots[slot] else { return nil }
        guard now - entry.storedAt < lifetime else {
            remove(slot)
            return nil
        }
        if newest != slot {
            unlink(slot)
            link(slot)
        }
        return entry.value
    }

    /// Stores a value in place of any former one. A value larger than the limit is not stored.
    mutating func insert(_ key: Key, _ value: Value, byteCount: Int, at now: Int) {
        if let slot = byKey[key] { remove(slot) }
        guard byteCount <= limitBytes else { return }
        let entry = Entry(key: key, value: value, byteCount: byteCount, storedAt: now)
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            slots[slot] = entry
        } else {
            slot = slots.count
            slots.append(entry)
        }
        byKey[key] = slot
        self.byteCount += byteCount
        link(slot)
        shrink()
    }

    mutating func remove(_ key: Key) {
        if let slot = byKey[key] { remove(slot) }
    }

    mutating func removeAll() {
        self = LeastRecentlyUsed(limitBytes: limitBytes, evictions: evictions)
    }

    private init(limitBytes: Int, evictions: Int) {
        self.limitBytes = limitBytes
        self.evictions = evictions
    }

    private mutating func shrink() {
        while byteCount > limitBytes, let slot = oldest {
            remove(slot)
            evictions += 1
        }
    }

    private mutating func remove(_ slot: Int) {
        guard let entry = slots[slot] else { return }
        unlink(slot)
        byKey[entry.key] = nil
        byteCount -= entry.byteCount
        slots[slot] = nil
        freeSlots.append(slot)
    }

    /// Makes the entry the most recently used.
    private mutating func link(_ slot: Int) {
        slots[slot]?.older = newest
        slots[slot]?.newer = nil
        if let newest { slots[newest]?.newer = slot } else { oldest = slot }
        newest = slot
    }

    private mutating func unlink(_ slot: Int) {
        let (older, newer) = (slots[slot]?.older, slots[slot]?.newer)
        if let older { slots[older]?.newer = newer } else { oldest = newer }
        if let newer { slots[newer]?.older = older } else { newest = older }
    }
}
