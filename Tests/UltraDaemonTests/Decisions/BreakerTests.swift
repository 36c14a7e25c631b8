import Testing

@testable import UltraDaemon

/// Times are milliseconds from the start of each test.
struct BreakerTests {
    private let settings = HealthSettings()

    /// A breaker after `outcomes`, `gap` milliseconds apart: `F` a failure, `S` a success, `-` an outcome that shows
    /// neither.
    private func breaker(_ outcomes: String, every gap: Int, from start: Int = 0) -> Breaker {
        var breaker = Breaker()
        var now = start
        for outcome in outcomes {
            switch outcome {
            case "F": breaker.failed(at: now, askedAt: now, settings)
            case "S": breaker.succeeded(at: now, settings)
            default: breaker.abandoned(askedAt: now)
            }
            now += gap
        }
        return breaker
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let outcomes: String
        let gap: Int
        let isOpen: Bool
        var testDescription: String { "\(outcomes) every \(gap) ms" }
    }

    @Test(
        "it opens at 5 failures in a row, or at half of at least 10 calls within a minute",
        arguments: [
            Case(outcomes: "FFFF", gap: 10, isOpen: false),
            Case(outcomes: "FFFFF", gap: 10, isOpen: true),
            // The time between the failures does not matter, since nothing succeeded in between.
            Case(outcomes: "FFFFF", gap: 3_600_000, isOpen: true),
            Case(outcomes: "FFFFSFFFF", gap: 10, isOpen: false),
            Case(outcomes: "FF--F--F-F", gap: 10, isOpen: true),
            Case(outcomes: "-----------", gap: 10, isOpen: false),
            Case(outcomes: "SFSFSFSFSF", gap: 10, isOpen: true),
            Case(outcomes: "SFSFSFSFF", gap: 10, isOpen: false),
            Case(outcomes: "SSSFSFSFSF", gap: 10, isOpen: false),
            Case(outcomes: "SFSFSFSFSF", gap: 5000, isOpen: true),
            Case(outcomes: "SFSFSFSFSFSFSFSFSFSFSF", gap: 8000, isOpen: false),
            Case(outcomes: "SSSSSSSSSSSSSSSSSSSFFFF", gap: 10, isOpen: false),
        ])
    func opens(_ row: Case) {
        let breaker = breaker(row.outcomes, every: row.gap)
        #expect((breaker.openUntil != nil) == row.isOpen)
    }

    @Test("half-open after 10 s, doubling to 5 min; a success resets the pause")
    func pauses() {
        var breaker = breaker("FFFFF", every: 0)
        var now = 0
        for pause in [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000] {
            #expect(breaker.openUntil == now + pause)
            #expect(breaker.admit(at: now + pause - 1, settings) == .refused(until: now + pause))
            now += pause
            #expect(breaker.admit(at: now, settings) == .trial)
            #expect(breaker.failed(at: now, askedAt: now, settings) == true)
        }
        now += 300_000
        #expect(breaker.admit(at: now, settings) == .trial)
        breaker.succeeded(at: now + 1, settings)
        #expect(breaker.admit(at: now + 2, settings) == .allowed)
        for _ in 0..<5 { breaker.failed(at: now + 3, askedAt: now + 3, settings) }
        #expect(breaker.openUntil == now + 3 + 10_000)
    }

    @Test("half-open, the breaker admits one trial; every other request waits for its outcome")
    func oneTrial() {
        var breaker = breaker("FFFFF", every: 0)
        #expect(breaker.verdict(at: 10_000, settings) == .trial)
        #expect(breaker.admit(at: 10_000, settings) == .trial)
        for now in 10_000..<10_100 {
            guard case .refused = breaker.admit(at: now, settings) else {
                Issue.record("a second trial at \(now)")
                return
            }
        }
        breaker.abandoned(askedAt: 10_000)
        #expect(breaker.admit(at: 10_200, settings) == .trial)
    }

    @Test("late outcomes of earlier requests neither end the trial nor prolong the pause nor reopen the breaker")
    func stragglers() {
        var breaker = breaker("FFFFF", every: 0)
        for now in 1..<100 { #expect(breaker.failed(at: now, askedAt: 0, settings) == false) }
        #expect(breaker.openUntil == 10_000)
        #expect(breaker.admit(at: 10_000, settings) == .trial)
        breaker.abandoned(askedAt: 0)
        breaker.abandoned(askedAt: nil)
        #expect(breaker.failed(at: 10_001, askedAt: 0, settings) == false)
        #expect(breaker.failed(at: 10_001, askedAt: nil, settings) == false)
        #expect(breaker.admit(at: 10_002, settings) != .trial)
        breaker.succeeded(at: 10_003, settings)
        #expect(breaker.failed(at: 10_004, askedAt: 10_004, settings) == false)
        #expect(breaker.admit(at: 10_005, settings) == .allowed)
    }

    @Test("after a trial that never ends there is another one")
    func forgottenTrial() {
        var breaker = breaker("FFFFF", every: 0)
        #expect(breaker.admit(at: 10_000, settings) == .trial)
        #expect(breaker.admit(at: 309_999, settings) != .trial)
        #expect(breaker.admit(at: 310_000, settings) == .trial)
        // The late outcome of the first trial is ignored.
        #expect(breaker.failed(at: 310_001, askedAt: 10_000, settings) == false)
        #expect(breaker.failed(at: 310_002, askedAt: 310_000, settings) == true)
    }

    @Test("reading the verdict changes nothing")
    func looking() {
        let breaker = breaker("FFFFF", every: 0)
        for now in [0, 9999, 10_000, 1_000_000] { _ = breaker.verdict(at: now, settings) }
        #expect(breaker == self.breaker("FFFFF", every: 0))
    }
}
