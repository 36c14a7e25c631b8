internal import UltraAPI

/// Token counts of an answer for formats in which all of them are required: counts that the provider did not report are
/// estimated.
struct AnswerTokens: Sendable, Equatable {
    /// All input tokens, including those of the provider's cache.
    let input: Int
    let output: Int
    /// Input tokens read from the provider's cache; nil: not reported.
    let cached: Int?
    /// Input tokens written to the provider's cache; nil: not reported.
    let written: Int?
    /// Output tokens of reasoning; nil: not reported.
    let reasoning: Int?
    let isEstimated: Bool

    /// - Parameter outputBytes: UTF-8 bytes of the answer's text, reasoning and calls.
    init(_ usage: Usage, estimatedInput: Int, outputBytes: Int) {
        input = usage.inputTokens ?? estimatedInput
        output = usage.outputTokens ?? TokenEstimate.tokens(bytes: outputBytes)
        cached = usage.cachedInputTokens
        written = usage.cacheWriteTokens
        reasoning = usage.reasoningTokens
        isEstimated = usage.inputTokens == nil || usage.outputTokens == nil || usage.source == .estimated
    }

    var total: Int { input.addingReportingOverflow(output).overflow ? Int.max : input + output }

    /// Input tokens that were neither read from the provider's cache nor written to it.
    var uncached: Int { max(0, input.subtractingSaturated(cached ?? 0).subtractingSaturated(written ?? 0)) }
}

extension Int {
    fileprivate func subtractingSaturated(_ other: Int) -> Int {
        let (difference, isOverflow) = subtractingReportingOverflow(other)
        return isOverflow ? 0 : difference
    }
}

extension Answer {
    /// UTF-8 bytes of text, reasoning and calls.
    var contentBytes: Int {
        text.utf8.count + reasoning.reduce(0) { $0 + $1.text.utf8.count }
            + toolCalls.reduce(0) { $0 + $1.name.utf8.count + $1.arguments.utf8.count }
    }
}

extension AnswerEvent {
    /// UTF-8 bytes of text, reasoning and calls.
    var contentBytes: Int {
        switch self {
        case .text(let text), .reasoning(let text): text.utf8.count
        case .toolCall(let piece): piece.arguments.utf8.count + (piece.name?.utf8.count ?? 0)
        case .reasoningSignature, .providerModel, .usage, .finish, .warning: 0
        }
    }
}
