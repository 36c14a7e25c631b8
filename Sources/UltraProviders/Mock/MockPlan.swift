package import UltraAPI

/// The mock's answer as a sequence of timed steps, which the daemon plays. It holds no clock, and its size does not
/// grow with the answer.
package struct MockPlan: Sendable, IteratorProtocol {
    /// One step of the answer: a delay, then events.
    package struct Step: Sendable, Equatable {
        /// Milliseconds since the previous step.
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
