internal import UltraAPI
internal import UltraProviders

/// The use of a request's attempts, for the budgets: as reported by the providers, or else estimated.
///
/// 1. An attempt that the provider does not bill (an HTTP error, no connection, not sent) uses nothing.
/// 2. Unreported input is the estimate at admission, because it was sent.
/// 3. Unreported output is one token for every four bytes delivered, and at least one for each piece.
/// 4. An unreported cost is computed from these, if the price is known.
struct UseOfAttempts: Sendable, Equatable {
    /// The content of one attempt that was delivered.
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
    /// True if a part of it is an estimate.
    private(set) var isEstimated = false

    var amount: DayUse.Amount {
        DayUse.Amount(tokens: inputTokens) + DayUse.Amount(microUSD: microUSD, tokens: outputTokens)
    }

    /// Adds an attempt.
    /// - Parameters:
    ///   - usage: as reported by the provider.
    ///   - cost: nil: not known.
    ///   - isBilled: true if the attempt was sent and not refused.
    ///   - admitted: the estimate of input tokens.
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
