/// What one model was asked and answered upstream, since the start.
struct ModelCounts: Sendable, Equatable {
    var provider: String
    var model: String
    var answered = 0
    var failed = 0
    var inputTokens = 0
    var outputTokens = 0
    var cachedInputTokens = 0
    var reasoningTokens = 0
    var costMicroUSD = 0
}
