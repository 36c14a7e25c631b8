/// The member names seen in every open object, for detecting duplicates.
struct JSONSeenKeys {
    /// Up to this many names, comparing one by one is cheaper than hashing.
    private static let linearLimit = 16

    private struct OpenObject {
        /// Index of its first name in `keys`.
        var start: Int
        /// All its names, if there are more than `linearLimit`; empty before.
        var index: Set<JSONKey> = []
    }

    private var keys: [JSONKey] = []
    private var objects: [OpenObject] = []

    init() {
        keys.reserveCapacity(32)
        objects.reserveCapacity(8)
    }

    mutating func beginObject() {
        objects.append(OpenObject(start: keys.count))
    }

    mutating func endObject() {
        guard let object = objects.popLast() else { return }
        keys.removeSubrange(object.start...)
    }

    /// Returns false if the innermost open object already has a member of this name.
    mutating func insert(_ key: JSONKey) -> Bool {
        let last = objects.count - 1
        let start = objects[last].start
        guard keys.count - start >= JSONSeenKeys.linearLimit else {
            guard !keys[start...].contains(key) else { return false }
            keys.append(key)
            return true
        }
        if objects[last].index.isEmpty { objects[last].index.formUnion(keys[start...]) }
        return objects[last].index.insert(key).inserted
    }
}
