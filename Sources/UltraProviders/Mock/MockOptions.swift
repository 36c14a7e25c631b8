import UltraAPI

/// The members of `provider_options.mock`. Unknown members are ignored, as real providers do.
struct MockOptions: Equatable {
    /// The delay before each word but the first.
    var delayMilliseconds = 0
    /// The delay before the first word.
    var firstTokenMilliseconds = 0
    var error: ErrorCode?
    /// The number of words before the stream breaks or fails; nil lets it complete.
    var truncateAfter: Int?

    private static let longestMilliseconds = 600_000

    init(_ options: RawJSON?) throws(UltraError) {
        guard let options else { return }
        var wrong: String?
        do throws(JSONError) {
            try JSONReader.read(options.bytes) { (reader) throws(JSONError) in
                try read(&reader, &wrong)
            }
        } catch {
            wrong = wrong ?? ""
        }
        guard let wrong else { return }
        let field = wrong.isEmpty ? "provider_options.mock" : "provider_options.mock.\(wrong)"
        throw UltraError(.invalidRequest, "\(field) \(Self.expectation(wrong))", field: field)
    }

    /// - Parameter wrong: the member being read, or nil once all members were valid.
    private mutating func read(_ reader: inout JSONReader, _ wrong: inout String?) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            let name = String(key)
            wrong = name
            switch key {
            case "delay_ms":
                delayMilliseconds = try reader.int()
                guard (0...Self.longestMilliseconds).contains(delayMilliseconds) else { return }
            case "first_token_ms":
                firstTokenMilliseconds = try reader.int()
                guard (0...Self.longestMilliseconds).contains(firstTokenMilliseconds) else { return }
            case "truncate_after":
                truncateAfter = try reader.int()
                guard truncateAfter ?? 0 >= 0 else { return }
            case "error":
                error = ErrorCode(rawValue: try reader.string())
                guard error != nil else { return }
            default:
                try reader.skip()
            }
        }
        wrong = nil
    }

    private static func expectation(_ member: String) -> String {
        switch member {
        case "delay_ms", "first_token_ms": "must be milliseconds from 0 to \(longestMilliseconds)"
        case "truncate_after": "must be a number of words, 0 or more"
        case "error": "must be an error code of the protocol"
        default: "must be a JSON object"
        }
    }
}
