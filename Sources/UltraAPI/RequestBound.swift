/// How much of a kind one request may have; ultra-protocol(7), LIMITS. Requests of people and programs stay far below.
///
/// What is done with a request takes steps for each of these, and names go into logs, metrics and the ledger.
package struct RequestBound: Sendable, Equatable {
    /// As the protocol's manual calls them: "messages", "bytes of a model's name".
    package let what: String
    package let most: Int

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
    package static let toolNameBytes = RequestBound(what: "bytes of a tool's name", most: 256)
    package static let callIDBytes = RequestBound(what: "bytes of a tool call's id", most: 256)
    package static let tagBytes = RequestBound(what: "bytes of a tag", most: 64)
    package static let clientBytes = RequestBound(what: "bytes of a client's name", most: 64)
    /// Of one connection, at once.
    package static let subscriptions = RequestBound(what: "subscriptions of a connection", most: 16)

    /// All of them, in the order of the manual.
    package static let all: [RequestBound] = [
        messages, tools, toolCalls, schemaMembers, stop, tags, fallback, inputs, topics, modelBytes, toolNameBytes,
        callIDBytes, tagBytes, clientBytes, subscriptions,
    ]

    /// The refusal of a request whose field `field` has more.
    package func exceeded(at field: String) -> UltraError {
        UltraError(.invalidRequest, "\(field) is beyond the limit of \(most) \(what)", field: field)
    }
}

extension RequestFields {
    /// An array of at most so many elements.
    package mutating func array(
        _ what: String, _ bound: RequestBound, _ read: (inout RequestFields, Int) throws(UltraError) -> Void
    ) throws(UltraError) {
        try array(what) { (fields, index) throws(UltraError) in
            guard index < bound.most else { throw bound.exceeded(at: fields.parentPlace) }
            try read(&fields, index)
        }
    }

    /// A name: not empty, not longer than `bound`, without control characters.
    package mutating func name(_ what: String, _ bound: RequestBound) throws(UltraError) -> String {
        let text = try name(what)
        try check(text, bound)
        return text
    }

    /// An array of names.
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

    /// Throws unless `text` keeps to `bound` and has no control characters.
    package func check(_ text: String, _ bound: RequestBound) throws(UltraError) {
        guard text.utf8.count <= bound.most else { throw bound.exceeded(at: placeOfValue) }
        var last: UInt8 = 0
        for byte in text.utf8 {
            // C0, DEL, and C1, which UTF-8 writes as C2 80 to C2 9F.
            if byte < 0x20 || byte == 0x7F || last == 0xC2 && byte < 0xA0 {
                throw expected("without control characters")
            }
            last = byte
        }
    }

    /// A JSON Schema of a size that can be worked on.
    package mutating func schema() throws(UltraError) -> RawJSON {
        let schema = try rawObject("a JSON Schema object")
        // Fewer bytes than two a member cannot hold too many.
        guard schema.bytes.count > 2 * RequestBound.schemaMembers.most else { return schema }
        if schema.hasMoreMembers(than: RequestBound.schemaMembers.most) {
            throw RequestBound.schemaMembers.exceeded(at: placeOfValue)
        }
        return schema
    }
}

extension RawJSON {
    /// Whether its objects and arrays have more than `limit` members and elements, at all depths.
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
            // One fewer than members, in each container; the containers are members themselves.
            case UInt8(ascii: ","), UInt8(ascii: "{"), UInt8(ascii: "["):
                count += 1
                if count > limit { return true }
            default: break
            }
        }
        return false
    }
}
