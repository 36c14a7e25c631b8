internal import UltraAPI
internal import UltraProviders

/// The use and cost of all attempts of a request: the answer, and the failed attempts whose bill is known.
///
/// 1. A refused attempt (an HTTP error, no connection) costs nothing: no provider bills it.
/// 2. An attempt that broke off costs what its reported usage says.
/// 3. Unknown parts are left out. If nothing is known, or the answer's own part is not, the sum is unknown.
struct ChainUse: Sendable, Equatable {
    private(set) var usage = Usage()
    private(set) var costMicroUSD: Int?

    /// - Parameters:
    ///   - last: the use of the last attempt, and its cost in `costOfLast`.
    ///   - error: why the request failed; nil: `answer` is complete.
    ///   - price: of the last model asked.
    ///   - failed: earlier attempts whose provider had reported usage.
    init(
        _ last: Usage, _ costOfLast: Int?, _ error: UltraError?, price: Price?,
        failed: [(usage: Usage, costMicroUSD: Int?)] = []
    ) {
        usage = last
        costMicroUSD = costOfLast
        if let error {
            if usage != Usage() { costMicroUSD = price?.cost(of: usage) }
            let isFree = failed.isEmpty && usage == Usage() && Self.isUnbilled(error)
            if isFree { costMicroUSD = 0 }
        }
        for attempt in failed {
            // Without the answer's own number, the sum would be mistaken for it.
            usage.inputTokens = Self.sum(usage.inputTokens, attempt.usage.inputTokens, needsFirst: error == nil)
            usage.outputTokens = Self.sum(usage.outputTokens, attempt.usage.outputTokens, needsFirst: error == nil)
            usage.cachedInputTokens = Self.sum(usage.cachedInputTokens, attempt.usage.cachedInputTokens)
            usage.cacheWriteTokens = Self.sum(usage.cacheWriteTokens, attempt.usage.cacheWriteTokens)
            usage.reasoningTokens = Self.sum(usage.reasoningTokens, attempt.usage.reasoningTokens)
            costMicroUSD = Self.sum(costMicroUSD, attempt.costMicroUSD, needsFirst: error == nil)
        }
    }

    /// True if every attempt ended before its provider had anything to bill.
    static func isUnbilled(_ error: UltraError) -> Bool {
        if error.attempts.isEmpty { return isUnbilled(error.code, error.status, error.timeout) }
        return error.attempts.allSatisfy { attempt in
            attempt.skipped != nil || attempt.error.map { isUnbilled($0, attempt.status, error.timeout) } ?? false
        }
    }

    private static func isUnbilled(_ code: ErrorCode, _ status: Int?, _ timeout: TimeoutKind?) -> Bool {
        if let status, status >= 400 { return true }
        switch code {
        case .connectFailed, .modelNotFound, .noModelAvailable, .capabilityMissing, .authentication, .permissionDenied,
            .invalidRequest, .shuttingDown:
            return true
        case .timeout:
            return timeout == .queue || timeout == .connect
        case .rateLimited, .quotaExceeded, .overloaded:
            // From the daemon's own queue, or from an event inside a stream that had begun.
            return status == nil
        case .invalidFrame, .contextLength, .contentFiltered, .badRequest, .upstreamError, .upstreamProtocol,
            .streamTruncated, .cancelled, .tooLarge, .fellBehind, .internal:
            return false
        }
    }

    private static func sum(_ first: Int?, _ second: Int?, needsFirst: Bool = false) -> Int? {
        guard let first else { return needsFirst ? nil : second }
        guard let second else { return first }
        let (sum, overflows) = first.addingReportingOverflow(second)
        return overflows ? nil : sum
    }
}
