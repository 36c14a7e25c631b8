/// A frame received from a client: its id, operation, and the JSON from which the operation's fields are read.
package struct RequestFrame: Sendable {
    /// A rejected frame. With `id` 0 the request is unknown and the connection must be closed.
    package struct Refusal: Error, Equatable, Sendable {
        package let id: Int
        package let error: UltraError
    }

    /// 1 … 2^53−1.
    package let id: Int
    package let operation: OperationName
    /// The client's limit for the whole request; nil if it set none.
    package let timeoutMilliseconds: Int?
    /// One valid JSON object without duplicate member names.
    let bytes: [UInt8]

    static let maxID = 1 << 53 - 1
    static let maxTimeoutMilliseconds = 7 * 24 * 3_600_000

    /// - Throws: `Refusal` with `invalid_frame` or `invalid_request`.
    package init(_ bytes: [UInt8]) throws(Refusal) {
        self.bytes = bytes
        var head = Head()
        var flaw: Flaw?
        // Without its flaws.
        var whole = bytes
        do throws(JSONError) {
            head = try Head(bytes)
            if head.hasNUL, let (mended, found) = Self.mended(bytes) { (whole, flaw) = (mended, found) }
        } catch {
            if error.kind == .tooManyValues { throw Self.tooManyValues(bytes) }
            guard let (mended, found) = Self.mended(bytes) else { throw Self.notJSON(error) }
            (whole, flaw) = (mended, found)
            do throws(JSONError) { head = try Head(mended) } catch { throw Self.notJSON(error) }
        }
        guard let id = head.id, (1...Self.maxID).contains(id) else {
            throw Self.refusal(0, .invalidFrame, "the frame has no valid id: id must be an integer from 1 to 2^53-1")
        }
        self.id = id
        if let flaw {
            throw Self.refusal(
                id, .invalidRequest, "a string contains \(flaw.kind.rawValue), at byte \(flaw.offset) of the frame",
                hint: "remove it from the text",
                field: Self.member(at: flaw.offset, of: whole))
        }
        guard let name = head.operation else {
            throw Self.refusal(id, .invalidRequest, "op is missing or not a string", field: "op")
        }
        guard let operation = OperationName(rawValue: name) else {
            let known = OperationName.allCases.map(\.rawValue).joined(separator: ", ")
            throw Self.refusal(id, .invalidRequest, "there is no such op", hint: "op is one of \(known)", field: "op")
        }
        self.operation = operation
        switch head.timeout {
        case .absent: timeoutMilliseconds = nil
        case .present(let value?) where (1...Self.maxTimeoutMilliseconds).contains(value): timeoutMilliseconds = value
        case .present:
            throw Self.refusal(
                id, .invalidRequest, "timeout_ms must be an integer from 1 to \(Self.maxTimeoutMilliseconds)",
                field: "timeout_ms")
        }
    }

    private static func notJSON(_ error: JSONError) -> Refusal {
        refusal(0, .invalidFrame, "the frame is not one JSON object: \(error)")
    }

    /// Its id stands where it is found without reading all of the values.
    private static func tooManyValues(_ bytes: [UInt8]) -> Refusal {
        var frame = DiscardedFrame(length: bytes.count)
        _ = bytes.withUnsafeBytes { frame.receive($0) }
        let bound = RequestBound.values
        return refusal(
            frame.id ?? 0, frame.id == nil ? .invalidFrame : .invalidRequest,
            "the request is beyond the limit of \(bound.most) \(bound.what)")
    }

    private static func refusal(
        _ id: Int, _ code: ErrorCode, _ message: String, hint: String? = nil, field: String? = nil
    ) -> Refusal {
        Refusal(id: id, error: UltraError(code, message, hint: hint, field: field))
    }

    /// The members common to all requests, read in a first pass: `id` and `op` may come after everything else.
    private struct Head {
        enum Timeout {
            case absent
            /// nil if the value is not an integer.
            case present(Int?)
        }

        var id: Int?
        var operation: String?
        var timeout = Timeout.absent
        /// True if a string of the frame contains U+0000.
        var hasNUL = false

        init() {}

        init(_ bytes: [UInt8]) throws(JSONError) {
            self = try JSONReader.read(bytes, maxValues: RequestBound.values.most, duplicateKeys: .reject) {
                (reader: inout JSONReader) throws(JSONError) in
                var head = try Head(&reader)
                try reader.end()
                head.hasNUL = reader.hasMetNull
                return head
            }
        }

        private init(_ reader: inout JSONReader) throws(JSONError) {
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "id": id = try Self.int(&reader)
                case "op" where try reader.kind() == .string: operation = try reader.string()
                case "timeout_ms": timeout = .present(try Self.int(&reader))
                default: try reader.skip()
                }
            }
        }

        /// Reads an integer; nil for any other value, which is skipped.
        private static func int(_ reader: inout JSONReader) throws(JSONError) -> Int? {
            guard try reader.kind() == .number else {
                try reader.skip()
                return nil
            }
            do throws(JSONError) {
                return try reader.int()
            } catch {
                // A well-formed number that was consumed, but cannot be an id or a timeout.
                guard error.kind == .numberOutOfRange || error.kind == .notAnInteger else { throw error }
                return nil
            }
        }
    }
}

/// The operations of the wire protocol that this daemon implements; the raw values are the wire's words.
package enum OperationName: String, Sendable, CaseIterable {
    case hello, ping, generate, stream, embed, cancel, models, status, probe, usage, subscribe, metrics, reload
    case cacheClear = "cache_clear"
}
