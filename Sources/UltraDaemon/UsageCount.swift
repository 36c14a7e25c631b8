package import UltraAPI

/// Requests, tokens and money since the start and since the day began (UTC).
package struct UsageCount: Sendable {
    package private(set) var total = 0
    package private(set) var failures = 0
    package private(set) var inFlight = 0
    package private(set) var today = Day()

    package struct Day: Sendable {
        /// Days since 1970.
        package fileprivate(set) var number = 0
        package fileprivate(set) var requests = 0
        package fileprivate(set) var inputTokens = 0
        package fileprivate(set) var outputTokens = 0
        package fileprivate(set) var costMicroUSD = 0
    }

    package mutating func began() {
        total += 1
        inFlight += 1
    }

    package mutating func failed(at seconds: Int) {
        inFlight -= 1
        failures += 1
        turn(to: seconds)
        today.requests += 1
    }

    package mutating func succeeded(_ answer: Answer, at seconds: Int) {
        inFlight -= 1
        turn(to: seconds)
        today.requests += 1
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
