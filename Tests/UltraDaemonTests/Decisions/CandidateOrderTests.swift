import Testing

@testable import UltraDaemon

struct CandidateOrderTests {
    @Test(
        "weighted: the first candidate is drawn within 2 % of the weights over 100,000 draws",
        arguments: [[1, 1], [1, 2, 3, 4], [0.5, 0.25, 0.25], [3, 0, 1], [100, 100, 300]])
    func weighted(weights: [Double]) {
        var random = SplitMix(seed: 7)
        let options = weights.map { CandidateOrder.Option(weight: $0) }
        let draws = 100_000
        var first = Array(repeating: 0, count: weights.count)
        for _ in 0..<draws { first[CandidateOrder.order(options, .weighted, using: &random)[0]] += 1 }
        let sum = weights.reduce(0, +)
        for (count, weight) in zip(first, weights) {
            let expected = Double(draws) * weight / sum
            #expect(abs(Double(count) - expected) <= 0.02 * expected)
        }
    }

    @Test("weighted: the second candidate is drawn by the weights of the remaining ones")
    func second() {
        var random = SplitMix(seed: 7)
        let options = [6.0, 3, 1].map { CandidateOrder.Option(weight: $0) }
        var seconds = [0, 0, 0]
        for _ in 0..<200_000 {
            let order = CandidateOrder.order(options, .weighted, using: &random)
            if order[0] == 0 { seconds[order[1]] += 1 }
        }
        let share = Double(seconds[1]) / Double(seconds[1] + seconds[2])
        #expect(seconds[0] == 0)
        #expect(abs(share - 0.75) < 0.015)
    }

    @Test(
        "everybody is in the order once, except whom weight 0 keeps out",
        arguments: [
            ([1, 1, 1], [0, 1, 2]), ([1, 0, 1], [0, 2]), ([0, 0], [0, 1]), ([0, 5], [1]), ([1e-300, 1e300], [0, 1]),
            ([], []), ([0], [0]),
        ] as [([Double], [Int])])
    func members(weights: [Double], expected: [Int]) {
        var random = SplitMix(seed: 3)
        let options = weights.map { CandidateOrder.Option(weight: $0) }
        for _ in 0..<100 {
            #expect(CandidateOrder.order(options, .weighted, using: &random).sorted() == expected)
            for strategy in [RoutingSettings.Strategy.ordered, .fastest, .cheapest] {
                let order = CandidateOrder.order(options, strategy, using: &random)
                #expect(order.sorted() == Array(options.indices))
            }
        }
    }

    @Test("ordered: as listed; cheapest: by price, unknown prices last, equal prices as listed")
    func fixed() {
        var random = SplitMix(seed: 3)
        let options = [nil, 3.0, 0, 3, 1].map { CandidateOrder.Option(price: $0) }
        #expect(CandidateOrder.order(options, .ordered, using: &random) == [0, 1, 2, 3, 4])
        #expect(CandidateOrder.order(options, .cheapest, using: &random) == [2, 4, 1, 3, 0])
    }

    /// Providers with given latencies, ordered by the strategy `fastest`.
    private struct Race {
        var milliseconds: [Double]
        var latencies: [Latency]
        var random: SplitMix

        init(_ milliseconds: [Double], seed: UInt64) {
            self.milliseconds = milliseconds
            latencies = Array(repeating: Latency(), count: milliseconds.count)
            random = SplitMix(seed: seed)
        }

        /// Sends `count` requests; returns the provider that answered each.
        mutating func run(_ count: Int) -> [Int] {
            (0..<count).map { _ in
                let options = latencies.map { CandidateOrder.Option(latency: $0.mean) }
                let chosen = CandidateOrder.order(options, .fastest, using: &random)[0]
                latencies[chosen].record(milliseconds[chosen] * Double.random(in: 0.9..<1.1, using: &random))
                return chosen
            }
        }
    }

    @Test(
        "fastest: a slowed provider is left within 20 requests, and returned to",
        arguments: [(1, 300.0), (2, 1000), (3, 1000), (4, 10_000), (5, 60_000)] as [(UInt64, Double)])
    func fastest(seed: UInt64, slowed: Double) {
        var race = Race([100, 200, 250], seed: seed)
        let before = race.run(400)
        #expect(Set(before.prefix(3)) == [0, 1, 2])
        #expect(before.suffix(300).filter { $0 == 0 }.count > 255)
        race.milliseconds[0] = slowed
        let during = race.run(320)
        #expect(during.dropFirst(20).filter { $0 == 0 }.count < 30)
        #expect(during.dropFirst(20).filter { $0 == 1 }.count > 255)
        race.milliseconds[0] = 100
        let after = race.run(1300)
        #expect(after.suffix(300).filter { $0 == 0 }.count > 255)
    }
}
