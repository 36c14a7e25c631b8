/// A member name as it lies in the text. Valid no longer than the bytes of its reader; `String(key)` outlives them.
package struct JSONKey {
    /// The bytes between the quotes: valid UTF-8, escapes as they came.
    let bytes: UnsafeRawBufferPointer
    let hasEscapes: Bool

    init(bytes: UnsafeRawBufferPointer, hasEscapes: Bool) {
        self.bytes = bytes
        self.hasEscapes = hasEscapes
    }

    /// Compares code points, escapes resolved; so a `switch` over a key can use literals. Does not allocate.
    package static func ~= (name: StaticString, key: JSONKey) -> Bool {
        guard !key.hasEscapes else { return key.equals(name) }
        guard name.utf8CodeUnitCount == key.bytes.count else { return false }
        var index = 0
        while index < key.bytes.count {
            guard name.utf8Start[index] == key.bytes[index] else { return false }
            index += 1
        }
        return true
    }

    @inline(never)
    private func equals(_ name: StaticString) -> Bool {
        String(self).utf8.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
}

extension JSONKey: Hashable {
    /// Equality of code points (RFC 8259, section 8.3), unlike that of `String`, which is canonical equivalence.
    package static func == (left: JSONKey, right: JSONKey) -> Bool {
        guard !left.hasEscapes, !right.hasEscapes else {
            return String(left).utf8.elementsEqual(String(right).utf8)
        }
        return left.bytes.count == right.bytes.count && left.bytes.elementsEqual(right.bytes)
    }

    package func hash(into hasher: inout Hasher) {
        guard !hasEscapes else {
            var name = String(self)
            return name.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
        hasher.combine(bytes: bytes)
    }
}

extension String {
    /// The member name with its escapes resolved.
    package init(_ key: JSONKey) {
        self = JSONReader.decode(key.bytes, hasEscapes: key.hasEscapes)
    }
}
