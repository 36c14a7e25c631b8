internal import UltraAPI
internal import UltraProviders

/// What the attempts of one request used, for the budgets: as the providers say, and where one does not say, by what
/// was sent and delivered.
///
/// 1. An attempt that no provider bills (an HTTP error, no connection, not sent) used nothing.
/// 2. Input that is not told is what was admitted: it was sent, whatever became of the answer.
/// 3. Output that is not told is a token for every four bytes delivered, and no fewer than pieces were.
/// 4. Where the price is known and the cost is not told, it is reckoned from these.
struct UseOfAttempts: Sendable, Equatable {
    /// Content of one attempt that arrived.
    struct Delivered: Sendable, Equatable {
        var bytes = 0
        var pieces = 0

        mutating func add(_ byteCount: Int) {
            bytes &+= byteCount
            pieces &+= 1
        }

        var tokens: Int { max(pieces, bytes / UseEstimate.bytesPerToken) }
    }

    private(set) var inputTokens = 0
    private(set) var outputTokens = 0
    private(set) var microUSD = 0
    /// Some of it is an estimate.
    private(set) var isEstimated = false

    var amount: DayUse.Amount {
        DayUse.Amount(tokens: inputTokens) + DayUse.Amount(microUSD: microUSD, tokens: outputTokens)
    }

    /// Adds an attempt.
    /// - Parameters:
    ///   - usage: as far as the provider told it.
    ///   - cost: nil: not known.
    ///   - isBilled: it was sent, and not refused.
    ///   - admitted: input tokens, as they were estimated.
    ///   - price: of the model that answered; nil: not known.
    mutating func add(
        _ usage: Usage, cost: Int?, isBilled: Bool, admitted: Int, _ delivered: Delivered, _ price: Price?
    ) {
        guard isBilled || usage != Usage() else { return }
        let isKnown = usage.inputTokens != nil && usage.outputTokens != nil
        var filled = usage
        filled.inputTokens = max(0, usage.inputTokens ?? admitted)
        filled.outputTokens = max(0, usage.outputTokens ?? delivered.tokens)
        inputTokens = inputTokens.saturatingSum(filled.inputTokens ?? 0)
        outputTokens = outputTokens.saturatingSum(filled.outputTokens ?? 0)
        microUSD = microUSD.saturatingSum(max(0, cost ?? price?.cost(of: filled) ?? 0))
        if !isKnown { isEstimated = true }
    }
}
