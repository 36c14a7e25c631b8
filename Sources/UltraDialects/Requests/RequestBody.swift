package import UltraAPI

/// The JSON body of a request at a door.
package enum RequestBody {
    /// Validates `body` and runs `read` with a reader of its fields.
    ///
    /// - Throws: `invalid_request` for a body that is not strict JSON (RFC 8259) or in which a name comes twice: what
    ///   the daemon routes by must be what a provider reads.
    package static func read<Value>(
        _ body: [UInt8], _ read: (inout RequestFields) throws(UltraError) -> Value
    ) throws(UltraError) -> Value {
        guard !body.isEmpty else {
            throw UltraError(.invalidRequest, "the request has no body", hint: "send a JSON object")
        }
        do throws(JSONError) {
            try JSONReader.read(body, duplicateKeys: .reject) { (reader) throws(JSONError) in
                try reader.skip()
                try reader.end()
            }
        } catch {
            throw UltraError(
                .invalidRequest, "the body is not valid JSON: \(error)", hint: "send one JSON object in UTF-8")
        }
        return try JSONReader.read(body) { (reader) throws(UltraError) in
            var fields = RequestFields(reader)
            return try read(&fields)
        }
    }
}

extension RequestFields {
    /// Skips the value if it is null, which clients write for what they do not set.
    mutating func skipNull() throws(UltraError) -> Bool {
        guard try isNext(.null) else { return false }
        try skip()
        return true
    }

    /// The refusal of something that no provider behind the daemon could be asked for in this way, at the value read.
    func cannotBeHad(_ message: String, hint: String? = nil) -> UltraError {
        UltraError(.capabilityMissing, message, hint: hint, field: placeOfValue)
    }
}

/// What a request asks for and does not get, a sentence each; at most as many as an answer carries.
struct RequestWarnings: Sendable {
    private(set) var sentences: [String] = []
    /// Header fields of one answer.
    static let limit = 16

    /// - Parameter member: its name; one that is not printable, or too long to repeat, is not told.
    mutating func leftOut(_ member: String) {
        let isPlain = member.utf8.count <= 64 && member.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        add("\(isPlain ? member : "a member of the request") was left out: it cannot be translated")
    }

    mutating func add(_ sentence: String) {
        guard sentences.count < Self.limit, !sentences.contains(sentence) else { return }
        sentences.append(sentence)
    }
}
