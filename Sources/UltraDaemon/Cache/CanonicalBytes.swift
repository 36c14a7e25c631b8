internal import UltraAPI

/// The canonical bytes of a request. Two requests have the same bytes if and only if one answer can serve both.
///
/// Each value is preceded by its kind or length, so that different requests never have the same bytes.
struct CanonicalBytes: Sendable, Equatable {
    var bytes: [UInt8]

    /// - Parameter buffer: reused for its capacity; its content is dropped.
    init(reusing buffer: consuming [UInt8] = []) {
        bytes = buffer
        bytes.removeAll(keepingCapacity: true)
    }

    mutating func tag(_ value: UInt8) {
        bytes.append(value)
    }

    mutating func int(_ value: Int) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func string(_ value: String) {
        var value = value
        int(value.utf8.count)
        value.withUTF8 { bytes.append(contentsOf: $0) }
    }

    mutating func bool(_ value: Bool) {
        tag(value ? 1 : 0)
    }

    mutating func double(_ value: Double) {
        // 0 and -0 are equal everywhere else.
        int(Int(bitPattern: UInt(value == 0 ? 0 : value.bitPattern)))
    }

    /// Writes whether there is a value, and the value itself.
    mutating func optional<Value>(_ value: Value?, _ write: (inout CanonicalBytes, Value) -> Void) {
        bool(value != nil)
        if let value { write(&self, value) }
    }

    mutating func list<Element>(_ values: [Element], _ write: (inout CanonicalBytes, Element) -> Void) {
        int(values.count)
        for value in values { write(&self, value) }
    }

    // MARK: - JSON

    /// Writes a JSON text without white space and in one form of escapes. Members keep their order, because models
    /// answer in the order of a schema; numbers stay as they are written.
    /// - Parameter sortsMembers: true if the order of the outermost object's members has no meaning.
    mutating func json(_ value: RawJSON, sortsMembers: Bool = false) {
        let start = bytes.count
        do throws(JSONError) {
            try JSONReader.read(value.bytes) { (reader) throws(JSONError) in
                if sortsMembers, try reader.kind() == .object {
                    try sortedObject(&reader)
                } else {
                    try element(&reader)
                }
            }
        } catch {
            // Cannot happen, since the text was validated with its frame; if it did, the key must not equal another's.
            bytes.removeSubrange(start...)
            tag(0xFF)
            int(value.bytes.count)
            bytes += value.bytes
        }
    }

    private mutating func sortedObject(_ reader: inout JSONReader) throws(JSONError) {
        var members: [(name: String, value: [UInt8])] = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            var value = CanonicalBytes()
            try value.element(&reader)
            members.append((String(key), value.bytes))
        }
        members.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        tag(UInt8(ascii: "{"))
        for member in members {
            tag(1)
            string(member.name)
            bytes += member.value
        }
        tag(0)
    }

    private mutating func element(_ reader: inout JSONReader) throws(JSONError) {
        switch try reader.kind() {
        case .object:
            tag(UInt8(ascii: "{"))
            try reader.beginObject()
            while let key = try reader.nextKey() {
                tag(1)
                string(String(key))
                try element(&reader)
            }
            tag(0)
        case .array:
            tag(UInt8(ascii: "["))
            try reader.beginArray()
            while try reader.nextElement() {
                tag(1)
                try element(&reader)
            }
            tag(0)
        case .string:
            tag(UInt8(ascii: "\""))
            string(try reader.string())
        case .number, .bool, .null:
            tag(UInt8(ascii: "#"))
            let text = try reader.raw()
            int(text.count)
            bytes.append(contentsOf: text)
        }
    }
}
