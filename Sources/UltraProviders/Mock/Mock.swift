package import UltraAPI

/// The built-in provider without a network. Equal requests get equal answers, and each word counts as one token.
///
/// Model `echo` repeats the last user text word by word; `lorem` produces `max_tokens` words (64 by default) of a fixed
/// text. `provider_options.mock` simulates a provider's behaviour: `delay_ms` before each later word, `first_token_ms`
/// before the first, `error` (an error code) and `truncate_after` (the number of words after which the stream breaks or
/// fails with `error`).
package struct Mock: Sendable {
    package static let provider = "mock"
    /// The ids of its models.
    package static let models = ["echo", "lorem"]

    package init() {}

    /// - Parameter model: `echo` or `lorem`; any other name behaves like `echo`, for models whose provider lacks its
    ///   key.
    /// - Throws: `invalid_request` if `provider_options.mock` is malformed.
    package func plan(_ request: Request, model: String) throws(UltraError) -> MockPlan {
        let isLorem = model == "lorem"
        return MockPlan(
            model: isLorem ? model : "echo",
            words: isLorem ? .lorem(0) : .text(Substring(lastUserText(request)).utf8),
            limit: request.sampling.maxTokens ?? (isLorem ? 64 : nil),
            inputWords: request.messages.lazy.flatMap(\.parts).compactMap(\.textOrNil).map(MockWords.count).reduce(
                0, +),
            options: try MockOptions(request.providerOptions[Self.provider]))
    }

    private func lastUserText(_ request: Request) -> String {
        guard let message = request.messages.last(where: { $0.role == .user }) else { return "" }
        return message.parts.compactMap(\.textOrNil).joined(separator: "\n")
    }
}

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

/// The mock's answer as a sequence of timed steps, which the daemon plays. It holds no clock, and its size does not
/// grow with the answer.
package struct MockPlan: Sendable, IteratorProtocol {
    /// One step of the answer: a delay, then events.
    package struct Step: Sendable, Equatable {
        /// The time since the previous step, in milliseconds.
        package var delayMilliseconds: Int
        package var events: [AnswerEvent]
    }

    /// The error that ended the answer early; nil before the last step, and after a complete answer.
    package private(set) var failure: UltraError?

    private let model: String
    private let options: MockOptions
    /// The maximum number of words; nil for no limit.
    private let limit: Int?
    private let inputWords: Int
    private var words: MockWords
    private var spokenWords = 0
    private var spokenBytes = 0
    private var isFirst = true
    private var isOver = false

    init(model: String, words: MockWords, limit: Int?, inputWords: Int, options: MockOptions) {
        self.model = model
        self.words = words
        self.limit = limit
        self.inputWords = inputWords
        self.options = options
    }

    /// The next step; nil at the end, when `failure` has its final value.
    package mutating func next() -> Step? {
        guard !isOver else { return nil }
        if let error = options.error, options.truncateAfter == nil {
            return fail(error)
        }
        let word = spokenWords == limit ? nil : words.next()
        if spokenWords == options.truncateAfter, word != nil || options.error != nil {
            return fail(options.error ?? .streamTruncated)
        }
        guard let word else { return step(last) }
        spokenWords += 1
        spokenBytes += word.utf8.count
        return step([.text(word)])
    }

    private mutating func step(_ events: [AnswerEvent]) -> Step {
        defer { isFirst = false }
        guard isFirst else {
            return Step(delayMilliseconds: isOver ? 0 : options.delayMilliseconds, events: events)
        }
        return Step(
            delayMilliseconds: options.firstTokenMilliseconds, events: [.providerModel("mock-\(model)")] + events)
    }

    private var last: [AnswerEvent] {
        mutating get {
            isOver = true
            let usage = Usage(
                inputTokens: inputWords, outputTokens: spokenWords, cachedInputTokens: 0, reasoningTokens: 0,
                source: .measured)
            return [.usage(usage), .finish(spokenWords == limit ? .length : .stop)]
        }
    }

    private mutating func fail(_ code: ErrorCode) -> Step? {
        isOver = true
        let retryable: Set<ErrorCode> = [
            .rateLimited, .overloaded, .upstreamError, .upstreamProtocol, .streamTruncated, .connectFailed, .timeout,
        ]
        failure = UltraError(
            code, "the mock was asked to fail with \(code.rawValue)", hint: "remove it from provider_options.mock",
            timeout: code == .timeout ? .firstToken : nil, provider: Mock.provider, model: "\(Mock.provider)/\(model)",
            isRetryable: retryable.contains(code), partialTextBytes: code == .streamTruncated ? spokenBytes : nil)
        return nil
    }
}

/// A sequence of words with their white space: joined, they are the text.
enum MockWords: Sendable, IteratorProtocol {
    /// The part of a text that was not returned yet.
    case text(Substring.UTF8View)
    /// The index of the next word of the fixed text, which repeats for ever.
    case lorem(Int)

    mutating func next() -> String? {
        switch self {
        case .lorem(let index):
            self = .lorem(index + 1)
            let word = Self.lorem[index % Self.lorem.count]
            return index == 0 ? word : " " + word
        case .text(let rest):
            let count = rest.withContiguousStorageIfAvailable(Self.wordByteCount) ?? Self.wordByteCount(Array(rest))
            guard count > 0 else { return nil }
            let end = rest.index(rest.startIndex, offsetBy: count)
            self = .text(rest[end...])
            return String(Substring(rest[..<end]))
        }
    }

    /// The length of the first word with the white space before it. Trailing white space belongs to the last word.
    private static func wordByteCount(_ bytes: some Collection<UInt8>) -> Int {
        bytes.withContiguousStorageIfAvailable { bytes in
            var end = 0
            while end < bytes.count, isSpace(bytes[end]) { end += 1 }
            while end < bytes.count, !isSpace(bytes[end]) { end += 1 }
            var after = end
            while after < bytes.count, isSpace(bytes[after]) { after += 1 }
            return after == bytes.count ? after : end
        } ?? 0
    }

    /// The number of words in a text, as counted for `usage`.
    static func count(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            var count = 0
            var wasSpace = true
            for byte in bytes {
                let isSpace = isSpace(byte)
                count += wasSpace && !isSpace ? 1 : 0
                wasSpace = isSpace
            }
            return count
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    private static let lorem: [String] =
        """
        Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore \
        magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo \
        consequat. Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla \
        pariatur. Excepteur sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id \
        est laborum.
        """
        .split(separator: " ").map(String.init)
}
