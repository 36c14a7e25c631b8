/// A member name or string in place in the JSON text. Valid only as long as the bytes of its reader; `String(key)`
/// outlives them.
package struct JSONKey {
    /// The bytes between the quotes: valid UTF-8 with its escapes.
    let bytes: BorrowedBytes
    let hasEscapes: Bool

    init(bytes: BorrowedBytes, hasEscapes: Bool) {
        self.bytes = bytes
        self.hasEscapes = hasEscapes
    }

    /// Compares code points after resolving escapes, so that a `switch` over a key can use literals. Allocates only for
    /// a key with escapes.
    package static func ~= (name: StaticString, key: JSONKey) -> Bool {
        guard name.utf8CodeUnitCount == key.bytes.count else { return key.hasEscapes && key.resolves(to: name) }
        return key.bytes.equals(BorrowedBytes(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    @inline(never)
    private func resolves(to name: StaticString) -> Bool {
        String(self).utf8.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
}

extension JSONKey: Hashable {
    /// Equality of code points (RFC 8259, section 8.3), unlike that of `String`, which compares canonical equivalence.
    package static func == (left: JSONKey, right: JSONKey) -> Bool {
        guard !left.hasEscapes, !right.hasEscapes else {
            return String(left).utf8.elementsEqual(String(right).utf8)
        }
        return left.bytes.equals(right.bytes)
    }

    package func hash(into hasher: inout Hasher) {
        guard !hasEscapes else {
            var name = String(self)
            return name.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
        hasher.combine(bytes: bytes.buffer)
    }
}

extension String {
    /// The member name with its escapes resolved.
    package init(_ key: JSONKey) {
        self = JSONReader.decode(key.bytes, hasEscapes: key.hasEscapes)
    }
}

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
