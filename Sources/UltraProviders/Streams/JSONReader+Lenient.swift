import UltraAPI

/// Lenient reading of values whose type differs between servers.
extension JSONReader {
    /// True if the next value is an object or an array.
    mutating func isContainer() throws(JSONError) -> Bool {
        let kind = try kind()
        return kind == .object || kind == .array
    }

    /// Reads any value as text: the characters of a string, nil for null, the JSON text of anything else.
    mutating func text() throws(JSONError) -> String? {
        switch try kind() {
        case .string: try string()
        case .null: try stringOrNull()
        default: try rawText()
        }
    }

    /// Reads a count: a number from 0 to 2^53, a fraction dropped, or a string that holds one; nil for anything else.
    mutating func count() throws(JSONError) -> Int? {
        switch try kind() {
        case .number where !skipNonNumber():
            do throws(JSONError) {
                return Self.count(try double())
            } catch {
                // A number outside the range of Double has been consumed.
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

    /// Reads an optional string. Returns nil for null, and for another type after adding a warning.
    mutating func optionalString(_ name: StaticString, _ reply: inout ReplyState) throws(JSONError) -> String? {
        switch try kind() {
        case .string: return try string()
        case .null: break
        default: reply.ignore(name)
        }
        try skip()
        return nil
    }

    /// Checks the type of an optional value. Returns true if it is `kind` and still to be read. Otherwise skips the
    /// value, with a warning unless it is null.
    mutating func isOptional(
        _ kind: JSONKind, _ name: StaticString, _ reply: inout ReplyState
    ) throws(JSONError) -> Bool {
        let found = try self.kind()
        if found == kind { return true }
        if found != .null { reply.ignore(name) }
        try skip()
        return false
    }

    /// Reads any value and returns true if it holds information. Null, false, 0, the empty string, and containers of
    /// nothing else do not: many servers send such an `error` with a successful reply.
    mutating func hasValue() throws(JSONError) -> Bool {
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
            while try nextElement() { found = try hasValue() || found }
            return found
        case .object:
            var found = false
            try beginObject()
            while try nextKey() != nil { found = try hasValue() || found }
            return found
        }
    }

    /// Reads an array as texts, without its nulls.
    mutating func texts() throws(JSONError) -> [String] {
        var texts: [String] = []
        try beginArray()
        while try nextElement() {
            if let text = try text() { texts.append(text) }
        }
        return texts
    }

    /// Reads an array of names and indices and joins them with dots; nil for anything else.
    mutating func path() throws(JSONError) -> String? {
        guard try kind() == .array else {
            try skip()
            return nil
        }
        return try texts().joined(separator: ".")
    }
}

extension UInt8 {
    /// The white space of JSON (RFC 8259, section 2).
    var isJSONWhitespace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}

extension ReplyState {
    /// Warns that an optional member has another type than its API defines.
    mutating func ignore(_ name: StaticString) {
        warn("ignored_member", "the provider's \(name) does not have the type its API defines and was ignored")
    }
}
