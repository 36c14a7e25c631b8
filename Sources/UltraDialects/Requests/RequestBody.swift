package import UltraAPI

/// The JSON body of a request at a door.
package enum RequestBody {
    /// Validates `body` and runs `read` with a reader of its fields.
    ///
    /// - Throws: `invalid_request` if the body is not strict JSON (RFC 8259), or if an object has two members of one name,
    ///   since the daemon and the provider might read different ones.
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
    /// Skips the value if it is null, as clients send for members they do not set; returns true if it was null.
    mutating func skipNull() throws(UltraError) -> Bool {
        guard try isNext(.null) else { return false }
        try skip()
        return true
    }

    /// The error for a feature that the door does not offer, at the value just read.
    func cannotBeHad(_ message: String, hint: String? = nil) -> UltraError {
        UltraError(.capabilityMissing, message, hint: hint, field: placeOfValue)
    }
}

/// Warnings about parts of a request that are not passed on, one sentence each, at most `limit`.
struct RequestWarnings: Sendable {
    private(set) var sentences: [String] = []
    /// Maximum number of `x-ultra-warning` fields of one answer.
    static let limit = 16

    /// - Parameter member: The member's name. It is not repeated if it is longer than 64 bytes or not visible ASCII.
    mutating func leftOut(_ member: String) { add(Self.leftOutSentence(member)) }

    static func leftOutSentence(_ member: String) -> String {
        let isPlain = member.utf8.count <= 64 && member.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return "\(isPlain ? member : "a member of the request") was left out: it cannot be translated"
    }

    mutating func add(_ sentence: String) {
        guard sentences.count < Self.limit, !sentences.contains(sentence) else { return }
        sentences.append(sentence)
    }
}
