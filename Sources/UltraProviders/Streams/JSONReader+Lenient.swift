import UltraAPI

/// Reading what servers disagree on: a value that is often a string, or often a number.
extension JSONReader {
    /// Whether the next value is an object or an array.
    mutating func isContainer() throws(JSONError) -> Bool {
        let kind = try kind()
        return kind == .object || kind == .array
    }

    /// The next value as text: a string's characters, `nil` for null, the JSON text of anything else.
    mutating func text() throws(JSONError) -> String? {
        switch try kind() {
        case .string: try string()
        case .null: try stringOrNull()
        default: try rawText()
        }
    }

    /// The next value as a count: a number, whole or not, at most 2^53, or a string that is one; `nil` for anything
    /// else.
    mutating func count() throws(JSONError) -> Int? {
        switch try kind() {
        case .number where !skipNonNumber():
            do throws(JSONError) {
                return Self.count(try double())
            } catch {
                // Too large for any count, and consumed.
                guard error.kind == .numberOutOfRange else { throw error }
                return nil
            }
        case .number:
            return nil
        case .string:
            return Double(try string()).flatMap(Self.count)
        default:
            try skip()
            return nil
        }
    }

    private static func count(_ value: Double) -> Int? {
        (0...9_007_199_254_740_992).contains(value) ? Int(value) : nil
    }

    /// The next value, an optional string: its characters, `nil` for null; of another type it is passed over.
    mutating func optionalString(_ name: StaticString, _ reply: inout ReplyState) throws(JSONError) -> String? {
        switch try kind() {
        case .string: return try string()
        case .null: break
        default: reply.ignore(name)
        }
        try skip()
        return nil
    }

    /// Whether the next value, an object, an array or a string, is to be read; null is passed over in silence, anything
    /// else but `kind` with a warning.
    mutating func isOptional(
        _ kind: JSONKind, _ name: StaticString, _ reply: inout ReplyState
    ) throws(JSONError) -> Bool {
        let found = try self.kind()
        if found == kind { return true }
        if found != .null { reply.ignore(name) }
        try skip()
        return false
    }

    /// Whether the next value, which is consumed, says anything: null, false, 0, an empty string and what holds nothing
    /// else do not. Many servers send such an `error` beside a good answer.
    mutating func saysSomething() throws(JSONError) -> Bool {
        switch try kind() {
        case .string:
            return !(try string()).isEmpty
        case .number:
            return try skipNonNumber() ? false : count() != 0
        case .bool:
            return try bool()
        case .null:
            try null()
            return false
        case .array:
            var found = false
            try beginArray()
            while try nextElement() { found = try saysSomething() || found }
            return found
        case .object:
            var found = false
            try beginObject()
            while try nextKey() != nil { found = try saysSomething() || found }
            return found
        }
    }

    /// The next value, an array, as texts; nulls are left out.
    mutating func texts() throws(JSONError) -> [String] {
        var texts: [String] = []
        try beginArray()
        while try nextElement() {
            if let text = try text() { texts.append(text) }
        }
        return texts
    }

    /// The next value, an array of names and indexes, joined by dots; `nil` for anything else.
    mutating func path() throws(JSONError) -> String? {
        guard try kind() == .array else {
            try skip()
            return nil
        }
        return try texts().joined(separator: ".")
    }
}

extension UInt8 {
    /// RFC 8259, section 2.
    var isJSONWhitespace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
