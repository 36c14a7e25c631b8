import Testing

@testable import UltraDaemon

/// Times are seconds from the start of each test.
struct RetryBudgetTests {
    private let settings = RetrySettings()

    private func taken(_ budget: inout RetryBudget, at second: Int) -> Int {
        var count = 0
        while count < 100_000, budget.spendRetry(at: second, settings) { count += 1 }
        return count
    }

    private func expect(_ retries: Int, at second: Int, _ budget: inout RetryBudget) {
        let count = taken(&budget, at: second)
        #expect(count == retries, "at \(second)")
    }

    @Test(
        "a fifth of the last minute's requests, and at least 10 in any ten seconds",
        arguments: [(0, 10), (1, 10), (49, 10), (50, 10), (55, 11), (100, 20), (10_000, 2000)])
    func share(requests: Int, retries: Int) {
        var budget = RetryBudget()
        for _ in 0..<requests { budget.request(at: 5) }
        expect(retries, at: 5, &budget)
        expect(0, at: 14, &budget)
        expect(10, at: 15, &budget)
    }

    @Test("a provider that comes back after a pause is asked again")
    func window() {
        var budget = RetryBudget()
        for _ in 0..<1000 { budget.request(at: 0) }
        expect(200, at: 0, &budget)
        expect(0, at: 9, &budget)
        expect(10, at: 10, &budget)
        expect(0, at: 19, &budget)
        // A minute later the requests are forgotten, and so are the retries.
        for second in stride(from: 60, through: 300, by: 10) { expect(10, at: second, &budget) }
    }

    @Test("never are there more, however requests come", arguments: 1...5)
    func anyMinute(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        var budget = RetryBudget()
        var requests: [Int] = []
        var retries: [Int] = []
        for second in 0..<600 {
            let count = Int.random(in: 0...20, using: &random)
            for _ in 0..<count { budget.request(at: second) }
            requests += Array(repeating: second, count: count)
            let granted = taken(&budget, at: second)
            retries += Array(repeating: second, count: granted)
            guard granted > 0 else { continue }
            let recent = requests.filter { $0 > second - 60 }.count
            let isOfShare = retries.filter { $0 > second - 60 }.count <= recent / 5
            let isOfMinimum = retries.filter { $0 > second - 10 }.count <= 10
            #expect(isOfShare || isOfMinimum, "at \(second)")
        }
    }
}
