internal import UltraAPI

/// Requests, tokens and money since the start and since the day began (UTC).
struct UsageCount: Sendable {
    private(set) var total = 0
    private(set) var failures = 0
    private(set) var inFlight = 0
    private(set) var today = Day()

    struct Day: Sendable {
        /// Days since 1970.
        fileprivate(set) var number = 0
        fileprivate(set) var requests = 0
        fileprivate(set) var inputTokens = 0
        fileprivate(set) var outputTokens = 0
        fileprivate(set) var costMicroUSD = 0
    }

    mutating func began() {
        total += 1
        inFlight += 1
    }

    mutating func failed(at seconds: Int) {
        inFlight -= 1
        failures += 1
        turn(to: seconds)
        today.requests += 1
    }

    mutating func succeeded(_ answer: Answer, at seconds: Int) {
        inFlight -= 1
        turn(to: seconds)
        today.requests += 1
        // What another request brought is counted there.
        guard answer.cache != .hit, answer.cache != .coalesced else { return }
        today.inputTokens += answer.usage.inputTokens ?? 0
        today.outputTokens += answer.usage.outputTokens ?? 0
        today.costMicroUSD += answer.costMicroUSD ?? 0
    }

    private mutating func turn(to seconds: Int) {
        guard seconds / 86_400 != today.number else { return }
        today = Day()
        today.number = seconds / 86_400
    }
}
