/// A client's frame: its id, what it asks for, and the bytes the operation's own fields are read from.
package struct RequestFrame: Sendable {
    /// A frame that asks for nothing. With `id` 0 the connection cannot go on.
    package struct Refusal: Error, Equatable, Sendable {
        package let id: Int
        package let error: UltraError
    }

    /// 1 … 2^53−1.
    package let id: Int
    package let operation: OperationName
    package let timeoutMilliseconds: Int?
    /// One valid JSON object without duplicate names.
    let bytes: [UInt8]

    static let maxID = 1 << 53 - 1
    static let maxTimeoutMilliseconds = 7 * 24 * 3_600_000

    package init(_ bytes: [UInt8]) throws(Refusal) {
        self.bytes = bytes
        var head = Head()
        var flaw: Flaw?
        do throws(JSONError) {
            head = try Head(bytes)
            if head.hasNUL { flaw = Self.mended(bytes)?.flaw }
        } catch {
            guard let (mended, found) = Self.mended(bytes) else { throw Self.notJSON(error) }
            flaw = found
            do throws(JSONError) { head = try Head(mended) } catch { throw Self.notJSON(error) }
        }
        guard let id = head.id, (1...Self.maxID).contains(id) else {
            throw Self.refusal(0, .invalidFrame, "the frame has no usable id: an integer from 1 to 2^53-1 is needed")
        }
        self.id = id
        if let flaw {
            throw Self.refusal(
                id, .invalidRequest, "a string holds \(flaw.kind.rawValue), at byte \(flaw.offset) of the frame",
                hint: "send Unicode text without it",
                field: Self.member(at: flaw.offset, of: Self.mended(bytes)?.bytes ?? []))
        }
        guard let name = head.operation else {
            throw Self.refusal(id, .invalidRequest, "op is missing or not a string", field: "op")
        }
        guard let operation = OperationName(rawValue: name) else {
            let known = OperationName.allCases.map(\.rawValue).joined(separator: ", ")
            throw Self.refusal(id, .invalidRequest, "there is no such op", hint: "there are \(known)", field: "op")
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

    private static func refusal(
        _ id: Int, _ code: ErrorCode, _ message: String, hint: String? = nil, field: String? = nil
    ) -> Refusal {
        Refusal(id: id, error: UltraError(code, message, hint: hint, field: field))
    }

    /// What every request has. A first, cheap pass: `id` and `op` may stand behind everything else.
    private struct Head {
        enum Timeout {
            case absent
            /// nil: not an integer.
            case present(Int?)
        }

        var id: Int?
        var operation: String?
        var timeout = Timeout.absent
        /// Some string of the frame holds U+0000.
        var hasNUL = false

        init() {}

        init(_ bytes: [UInt8]) throws(JSONError) {
            self = try JSONReader.read(bytes, duplicateKeys: .reject) { (reader: inout JSONReader) throws(JSONError) in
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

        /// The integer that comes next; nil for anything else.
        private static func int(_ reader: inout JSONReader) throws(JSONError) -> Int? {
            guard try reader.kind() == .number else {
                try reader.skip()
                return nil
            }
            do throws(JSONError) {
                return try reader.int()
            } catch {
                // Well-formed, and consumed: only not what an id can be.
                guard error.kind == .numberOutOfRange || error.kind == .notAnInteger else { throw error }
                return nil
            }
        }
    }
}
