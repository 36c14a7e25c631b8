internal import UltraAPI

/// Counts of one model's requests upstream, since the start.
struct ModelCounts: Sendable, Equatable {
    var provider: String
    var model: String
    var answered = 0
    var failed = 0
    private(set) var inputTokens = 0
    private(set) var outputTokens = 0
    private(set) var cachedInputTokens = 0
    private(set) var reasoningTokens = 0
    private(set) var costMicroUSD = 0

    init(provider: String, model: String) {
        self.provider = provider
        self.model = model
    }

    /// - Parameter costMicroUSD: nil: not known.
    mutating func add(_ usage: Usage, costMicroUSD cost: Int?) {
        inputTokens = inputTokens.saturatingSum(usage.inputTokens ?? 0)
        outputTokens = outputTokens.saturatingSum(usage.outputTokens ?? 0)
        cachedInputTokens = cachedInputTokens.saturatingSum(usage.cachedInputTokens ?? 0)
        reasoningTokens = reasoningTokens.saturatingSum(usage.reasoningTokens ?? 0)
        costMicroUSD = costMicroUSD.saturatingSum(cost ?? 0)
    }
}
