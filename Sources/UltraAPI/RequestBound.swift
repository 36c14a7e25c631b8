/// A limit on the size of a request (ultra-protocol(7), LIMITS), far above what people and programs need.
///
/// The limits bound the work per request and the length of names in logs, metrics and the ledger.
package struct RequestBound: Sendable, Equatable {
    /// The name in the manual: "messages", "bytes of a model's name".
    package let what: String
    /// The highest number allowed.
    package let most: Int

    /// JSON values at all depths. Text and images need few of them, and each costs time and more memory than its bytes.
    package static let values = RequestBound(what: "values of a request", most: 65_536)
    package static let messages = RequestBound(what: "messages", most: 4096)
    package static let tools = RequestBound(what: "tools", most: 4096)
    /// In all messages together.
    package static let toolCalls = RequestBound(what: "tool calls", most: 4096)
    /// Members of objects and elements of arrays, at all depths.
    package static let schemaMembers = RequestBound(what: "members of a schema", most: 5000)
    package static let stop = RequestBound(what: "stop texts", most: 64)
    package static let tags = RequestBound(what: "tags", most: 16)
    package static let fallback = RequestBound(what: "fallback models", most: 16)
    package static let inputs = RequestBound(what: "texts of one embed request", most: 4096)
    package static let topics = RequestBound(what: "topics", most: 16)
    package static let modelBytes = RequestBound(what: "bytes of a model's name", most: 256)
    package static let providerBytes = RequestBound(what: "bytes of a provider's name", most: 256)
    package static let filterBytes = RequestBound(what: "bytes of a filter's value", most: 256)
    package static let toolNameBytes = RequestBound(what: "bytes of a tool's name", most: 256)
    package static let callIDBytes = RequestBound(what: "bytes of a tool call's id", most: 256)
    package static let tagBytes = RequestBound(what: "bytes of a tag", most: 64)
    package static let clientBytes = RequestBound(what: "bytes of a client's name", most: 64)
    /// Subscriptions open at the same time on one connection.
    package static let subscriptions = RequestBound(what: "subscriptions of a connection", most: 16)
    /// Open at the same time on all connections of a user.
    package static let userSubscriptions = RequestBound(what: "subscriptions of a user", most: 128)

    /// All limits, in the order of the manual.
    package static let all: [RequestBound] = [
        values, messages, tools, toolCalls, schemaMembers, stop, tags, fallback, inputs, topics, modelBytes,
        providerBytes, filterBytes, toolNameBytes, callIDBytes, tagBytes, clientBytes, subscriptions,
        userSubscriptions,
    ]

    /// The error for a request whose field `field` exceeds this limit.
    package func exceeded(at field: String) -> UltraError {
        UltraError(.invalidRequest, "\(field) exceeds the limit of \(most) \(what)", field: field)
    }
}

extension RequestFields {
    /// Reads an array of at most `bound` elements.
    package mutating func array(
        _ what: String, _ bound: RequestBound, _ read: (inout RequestFields, Int) throws(UltraError) -> Void
    ) throws(UltraError) {
        try array(what) { (fields, index) throws(UltraError) in
            guard index < bound.most else { throw bound.exceeded(at: fields.parentPlace) }
            try read(&fields, index)
        }
    }

    /// Reads a name: not empty, at most `bound` bytes, without control characters.
    package mutating func name(_ what: String, _ bound: RequestBound) throws(UltraError) -> String {
        let text = try name(what)
        try check(text, bound)
        return text
    }

    /// Reads an array of at most `count` names, each of at most `length` bytes; nil for names of any length.
    package mutating func names(
        _ what: String, _ count: RequestBound, _ element: String, _ length: RequestBound?
    ) throws(UltraError) -> [String] {
        var names: [String] = []
        try array(what, count) { (fields, _) throws(UltraError) in
            if let length {
                names.append(try fields.name(element, length))
            } else {
                names.append(try fields.name(element))
            }
        }
        return names
    }

    /// Checks that `text`, the value that was just read, is within `bound` and contains no control characters.
    /// - Parameter member: The member of the object that was just read; nil: `text` is the value itself.
    package func check(_ text: String, _ bound: RequestBound, at member: StaticString? = nil) throws(UltraError) {
        guard text.utf8.count <= bound.most else { throw bound.exceeded(at: place(of: member)) }
        var last: UInt8 = 0
        for byte in text.utf8 {
            // C0, DEL, and C1 (C2 80 to C2 9F in UTF-8).
            if byte < 0x20 || byte == 0x7F || last == 0xC2 && byte < 0xA0 {
                throw Self.expected("without control characters", at: place(of: member))
            }
            last = byte
        }
    }

    /// Reads a JSON Schema with at most `schemaMembers` members.
    package mutating func schema() throws(UltraError) -> RawJSON {
        let schema = try rawObject("a JSON Schema object")
        // A member takes at least two bytes, so a short schema needs no counting.
        guard schema.bytes.count > 2 * RequestBound.schemaMembers.most else { return schema }
        if schema.hasMoreMembers(than: RequestBound.schemaMembers.most) {
            throw RequestBound.schemaMembers.exceeded(at: placeOfValue)
        }
        return schema
    }
}

extension RawJSON {
    /// True if its objects and arrays have more than `limit` members and elements, at all depths.
    func hasMoreMembers(than limit: Int) -> Bool {
        var count = 0
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            // A container with n members has n − 1 commas; its opening bracket makes up for the missing one.
            case UInt8(ascii: ","), UInt8(ascii: "{"), UInt8(ascii: "["):
                count += 1
                if count > limit { return true }
            default: break
            }
        }
        return false
    }
}
