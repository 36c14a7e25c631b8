/// Stops retry storms: repetitions on the same candidate may be a share of the last minute's requests, and at least a
/// few. Pure: told the time in seconds of one steady clock.
struct RetryBudget: Sendable, Equatable {
    private struct Second: Sendable, Equatable {
        var number: Int
        var requests = 0
        var retries = 0
    }

    private static let windowSeconds = 60
    private var seconds: [Second] = []
    private var requests = 0
    private var retries = 0

    mutating func request(at second: Int) {
        turn(to: second)
        seconds[seconds.count - 1].requests += 1
        requests += 1
    }

    /// Takes one repetition out of the budget, if there is one left.
    mutating func takeRetry(at second: Int, _ settings: RetrySettings) -> Bool {
        turn(to: second)
        guard retries < max(settings.budgetMinimum, requests * settings.budgetPercent / 100) else { return false }
        seconds[seconds.count - 1].retries += 1
        retries += 1
        return true
    }

    private mutating func turn(to second: Int) {
        guard seconds.last?.number != second else { return }
        while let first = seconds.first, first.number <= second - Self.windowSeconds {
            requests -= first.requests
            retries -= first.retries
            seconds.removeFirst()
        }
        seconds.append(Second(number: second))
    }
}
