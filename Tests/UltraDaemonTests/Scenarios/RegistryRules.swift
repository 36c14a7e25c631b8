import Testing
import UltraAPI

@testable import UltraDaemon

/// Rules of the scenarios with times that are too long for a test to wait.
@Suite("Scenarios: rules")
struct RegistryRules {
    static let settings = HealthSettings()

    @Test("a refused key is tried again after ten minutes without a probe, not before")
    func refusalAges() {
        var health = ProviderHealth(keys: 1)
        let refusal = UltraError(.authentication, "no", status: 401)
        health.record(FailureScope(refusal), refusal, key: 0, at: 1000, by: .live, Self.settings)
        var model = ModelHealth()
        #expect(health.nextKey(for: &model, at: 600_000) == nil)
        #expect(!health.isRefusalOld(of: model, at: 600_000))
        #expect(health.isRefusalOld(of: model, at: 601_001))
        #expect(health.nextKey(for: &model, at: 601_001) == 0)
        #expect(health.availability(at: 601_001, Self.settings) == .unauthorized)

        // The same applies to a model that a valid key may not use.
        health.record(.none, nil, key: 0, at: 700_000, by: .live, Self.settings)
        let denial = UltraError(.permissionDenied, "no", status: 403)
        model.record(FailureScope(denial), denial, key: 0, at: 700_000, Self.settings)
        #expect(health.availability(of: model, at: 700_000, Self.settings) == .unauthorized)
        #expect(!health.isRefusalOld(of: model, at: 1_300_000))
        #expect(health.isRefusalOld(of: model, at: 1_300_001))
    }

    @Test("a failed trial doubles the pause, up to its bound, across a restart as well")
    func pauses() {
        var breaker = Breaker()
        for _ in 0..<5 { breaker.failed(at: 0, askedAt: 0, Self.settings) }
        var now = 0
        for pause in [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000] {
            #expect(breaker.openUntil == now + pause)
            #expect(breaker.admit(at: now + pause - 1, Self.settings) == .refused(until: now + pause))
            now += pause
            breaker = Breaker(
                consecutiveFailures: breaker.consecutiveFailures, openUntil: breaker.openUntil,
                pauseMilliseconds: breaker.pauseMilliseconds)
            #expect(breaker.admit(at: now, Self.settings) == .trial)
            breaker.failed(at: now, askedAt: now, Self.settings)
        }
        breaker.succeeded(at: now, Self.settings)
        #expect(breaker.admit(at: now, Self.settings) == .allowed)
    }

    @Test("ten calls in a minute of which half fail open the breaker; a quarter does not")
    func share() {
        for (every, opens) in [(2, true), (4, false)] {
            var breaker = Breaker()
            for call in 1...40 {
                if call % every == 0 {
                    breaker.failed(at: call, askedAt: call, Self.settings)
                } else {
                    breaker.succeeded(at: call, Self.settings)
                }
                if breaker.openUntil != nil { break }
            }
            #expect((breaker.openUntil != nil) == opens)
        }
    }

    @Test("a restart goes to the next in the list, and counts as no repetition")
    func restart() {
        var plan = RetryPlan(candidates: 3, deadline: nil, RetrySettings())
        #expect(plan.next(now: 0) == .attempt(0, afterMilliseconds: 0, isRetry: false))
        #expect(plan.restart(without: 0, now: 0) == .attempt(1, afterMilliseconds: 0, isRetry: false))
        #expect(plan.restart(without: 1, now: 0) == .attempt(2, afterMilliseconds: 0, isRetry: false))
        #expect(plan.restart(without: 2, now: 0) == .fail)
    }

    @Test("a cancelled request leaves the queue; the others keep their places")
    func leaving() {
        var queue = FairQueue<String, Int>()
        for number in 0..<6 { queue.push(number, for: number % 2 == 0 ? "even" : "odd") }
        #expect(queue.pop() == 0)
        queue.removeAll { [1, 2, 5].contains($0) }
        #expect(queue.count == 2)
        queue.push(7, for: "odd")
        queue.push(9, for: "new")
        #expect([queue.pop(), queue.pop(), queue.pop(), queue.pop(), queue.pop()] == [3, 4, 9, 7, nil])
    }
}
