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
        default: String(decoding: try raw(), as: UTF8.self)
        }
    }

    /// The next value as a count: a number, whole or not, at most 2^53; `nil` for anything else.
    mutating func count() throws(JSONError) -> Int? {
        guard try kind() == .number else {
            try skip()
            return nil
        }
        let value = try double()
        return (0...9_007_199_254_740_992).contains(value) ? Int(value) : nil
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
