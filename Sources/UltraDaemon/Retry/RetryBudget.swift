/// Stops retry storms at one provider: repetitions on the same candidate may be a share of the provider's requests of the
/// last minute, and at least a few in any ten seconds, so that a provider that comes back after a pause is not left alone.
/// Pure: told the time in seconds of one steady clock.
struct RetryBudget: Sendable, Equatable {
    private struct Second: Sendable, Equatable {
        var number: Int
        var requests = 0
        var retries = 0
    }

    private static let windowSeconds = 60
    /// Over which the least number is counted.
    private static let shortSeconds = 10
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
        guard retries < requests * settings.budgetPercent / 100 || recentRetries(at: second) < settings.budgetMinimum
        else { return false }
        seconds[seconds.count - 1].retries += 1
        retries += 1
        return true
    }

    private func recentRetries(at second: Int) -> Int {
        seconds.suffix(Self.shortSeconds).lazy.filter { $0.number > second - Self.shortSeconds }.reduce(0) {
            $0 + $1.retries
        }
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
