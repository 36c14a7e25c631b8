import Testing

@testable import UltraDaemon

struct RetrySimulationTests {
    private static let requests = 10_000

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let faults: RetrySimulation.Faults
        var testDescription: String { name }
    }

    private static let unruly = RetrySimulation.Faults(rateLimited: 0.10, server: 0.05, reset: 0.05, truncated: 0.05)

    @Test(
        "two candidates of which a quarter of the attempts fail answer 99.9 % with 1.4 attempts a request",
        arguments: [10, 50], 1...3)
    func unruly(requestsPerSecond: Int, seed: Int) {
        var simulation = RetrySimulation(requestsPerSecond: requestsPerSecond, Self.unruly, seed: UInt64(seed))
        simulation.run(Self.requests)
        #expect(simulation.answered >= Self.requests * 999 / 1000)
        #expect(simulation.attempts <= Self.requests * 14 / 10)
    }

    // Every 429 blocks the whole model for its second, so that requests accumulate.
    @Test(
        "with 429s that ask for a second, and are obeyed, as many succeed with as few attempts",
        arguments: [(10, 3), (50, 1), (50, 3), (200, 2)])
    func patient(requestsPerSecond: Int, seed: Int) {
        var faults = Self.unruly
        faults.retryAfter = 1000
        var simulation = RetrySimulation(requestsPerSecond: requestsPerSecond, faults, seed: UInt64(seed))
        simulation.run(Self.requests)
        #expect(simulation.answered >= Self.requests * 999 / 1000)
        #expect(simulation.attempts <= Self.requests * 14 / 10)
    }

    @Test(
        "if everything fails, each request makes 1.25 attempts and one fallback, with or without breakers",
        arguments: [
            Case(name: "500", faults: .init(server: 1)), Case(name: "429", faults: .init(rateLimited: 1)),
            Case(name: "429, a second", faults: .init(rateLimited: 1, retryAfter: 1000)),
            Case(name: "reset", faults: .init(reset: 1)), Case(name: "truncated", faults: .init(truncated: 1)),
            Case(name: "all kinds", faults: .init(rateLimited: 0.25, server: 0.25, reset: 0.25, truncated: 0.25)),
        ], [true, false])
    func outage(_ row: Case, usesHealth: Bool) {
        var simulation = RetrySimulation(requestsPerSecond: 50, row.faults, usesHealth: usesHealth, seed: 1)
        simulation.run(Self.requests)
        #expect(simulation.answered == 0)
        #expect(simulation.attempts <= Self.requests * 125 / 100 + Self.requests)
        #expect(simulation.retries <= Self.requests / 5 + 10)
        if !usesHealth { #expect(simulation.attempts >= 2 * Self.requests) }
    }

    @Test("breakers keep an outage from costing more than a few attempts")
    func breakers() {
        var simulation = RetrySimulation(requestsPerSecond: 50, .init(server: 1), seed: 1)
        simulation.run(Self.requests)
        #expect(simulation.attempts < Self.requests / 50)
    }
}
