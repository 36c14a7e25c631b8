/// The result of an operation that asks no model, encoded once: any door can send it.
package struct Report: Sendable, Equatable {
    /// One JSON object; empty for an object without members, so that a `ping` allocates nothing.
    private let bytes: [UInt8]

    /// A report without members.
    package init() {
        bytes = []
    }

    /// - Parameter write: adds the members of the object.
    package init(_ write: (inout JSONWriter) -> Void) {
        bytes = RawJSON.object(write).bytes
    }

    /// The whole object.
    package var json: RawJSON { RawJSON(validated: bytes.isEmpty ? Array("{}".utf8) : bytes) }

    /// The members without the braces around them.
    var members: ArraySlice<UInt8> { bytes.isEmpty ? [] : bytes[1..<(bytes.count - 1)] }
}

extension JSONWriter {
    /// Adds the members of `report` to the object that is open.
    package mutating func members(of report: Report) {
        members(encoded: report.members)
    }

    /// Adds the members of `object`, which must be an object, to the object that is open.
    package mutating func members(of object: RawJSON) {
        members(encoded: object.bytes.dropFirst().dropLast())
    }
}

extension RawJSON {
    /// - Parameter write: adds the members of the object.
    package static func object(_ write: (inout JSONWriter) -> Void) -> RawJSON {
        var json = JSONWriter()
        json.beginObject()
        write(&json)
        json.endObject()
        return RawJSON(validated: json.bytes)
    }
}

/// A message to a subscriber.
package enum FeedEvent: Sendable, Equatable {
    /// The state as the subscription begins, number 1 of its events.
    case snapshot(RawJSON)
    /// - Parameters:
    ///   - sequence: one more than that of the event before.
    ///   - topic: the wire's word.
    case event(sequence: Int, topic: String, data: RawJSON)
}

/// The content of a successful result.
package enum ResultBody: Sendable, Equatable {
    case answer(Answer)
    case embeddings(EmbedAnswer)
    case report(Report)
}
