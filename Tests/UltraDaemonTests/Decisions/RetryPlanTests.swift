import Testing
import UltraAPI

@testable import UltraDaemon

/// Times are milliseconds from the start of each test.
struct RetryPlanTests {
    private let settings = RetrySettings()
    private static let broken = UltraError(.upstreamError, "", status: 500, isRetryable: true)
    private static let refused = UltraError(.authentication, "", status: 401)

    private func plan(_ candidates: Int, deadline: Int? = nil) -> RetryPlan {
        RetryPlan(candidates: candidates, deadline: deadline, settings)
    }

    /// The candidates a plan chooses in turn while each fails with `error`; pauses pass on a simulated clock.
    private func asked(_ plan: RetryPlan, random: Double = 0.5, _ error: (Int) -> UltraError) -> [Int] {
        var (plan, now, asked) = (plan, 0, [Int]())
        var step = plan.next(now: now)
        while case .attempt(let index, let pause, _) = step, asked.count < 100 {
            asked.append(index)
            now += pause
            step = plan.next(after: error(index), of: index, isCommitted: false, now: now, random: random)
        }
        return asked
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let error: UltraError
        /// Attempts at one candidate, and whether another candidate is tried.
        let tries: Int
        let goesOn: Bool
        var testDescription: String { name }
    }

    @Test(
        "failures that are retried, that move on to the next candidate, and that end the request",
        arguments: [
            Case(name: "connect", error: UltraError(.connectFailed, "", isRetryable: true), tries: 3, goesOn: true),
            Case(
                name: "408", error: UltraError(.upstreamError, "", status: 408, isRetryable: true), tries: 3,
                goesOn: true),
            Case(
                name: "429", error: UltraError(.rateLimited, "", status: 429, isRetryable: true), tries: 3,
                goesOn: true),
            Case(name: "500", error: broken, tries: 3, goesOn: true),
            Case(
                name: "529", error: UltraError(.overloaded, "", status: 529, isRetryable: true), tries: 3, goesOn: true),
            Case(name: "truncated", error: UltraError(.streamTruncated, "", isRetryable: true), tries: 3, goesOn: true),
            Case(
                name: "nonsense", error: UltraError(.upstreamProtocol, "", isRetryable: true), tries: 3, goesOn: true),
            Case(
                name: "connect timer", error: UltraError(.timeout, "", timeout: .connect, isRetryable: true), tries: 3,
                goesOn: true),
            Case(
                name: "first token timer", error: UltraError(.timeout, "", timeout: .firstToken, isRetryable: true),
                tries: 3, goesOn: true),
            Case(name: "500 that says: not again", error: UltraError(.upstreamError, ""), tries: 1, goesOn: true),
            Case(name: "401", error: refused, tries: 1, goesOn: true),
            Case(name: "403", error: UltraError(.permissionDenied, "", status: 403), tries: 1, goesOn: true),
            Case(name: "404", error: UltraError(.modelNotFound, "", status: 404), tries: 1, goesOn: true),
            Case(name: "quota", error: UltraError(.quotaExceeded, "", status: 429), tries: 1, goesOn: true),
            Case(
                name: "queue timer", error: UltraError(.timeout, "", timeout: .queue, isRetryable: true), tries: 1,
                goesOn: true),
            Case(name: "400", error: UltraError(.badRequest, "", status: 400), tries: 1, goesOn: false),
            Case(name: "422", error: UltraError(.badRequest, "", status: 422), tries: 1, goesOn: false),
            Case(name: "context", error: UltraError(.contextLength, "", status: 400), tries: 1, goesOn: false),
            Case(name: "filtered", error: UltraError(.contentFiltered, ""), tries: 1, goesOn: false),
            Case(name: "total timer", error: UltraError(.timeout, "", timeout: .total), tries: 1, goesOn: false),
            Case(name: "cancelled", error: UltraError(.cancelled, ""), tries: 1, goesOn: false),
            Case(name: "shutting down", error: UltraError(.shuttingDown, ""), tries: 1, goesOn: false),
        ])
    func outlook(_ row: Case) {
        #expect(asked(plan(1)) { _ in row.error } == Array(repeating: 0, count: row.tries))
        let two = asked(plan(2)) { $0 == 0 ? row.error : Self.refused }
        #expect(two.contains(1) == row.goesOn)
        #expect(two.filter { $0 == 0 }.count == row.tries)
        if row.goesOn { #expect(two.prefix(2) == [0, 1]) }
    }

    @Test("an error marked retryable does not make an invalid request retryable")
    func refusedForGood() {
        for code in [ErrorCode.badRequest, .contextLength, .contentFiltered, .cancelled, .invalidRequest] {
            #expect(asked(plan(3)) { _ in UltraError(code, "", isRetryable: true) } == [0])
        }
    }

    @Test("after the first content nothing is retried")
    func committed() {
        for code in ErrorCode.allCases {
            var plan = plan(3)
            _ = plan.next(now: 0)
            let error = UltraError(code, "", isRetryable: true)
            #expect(plan.next(after: error, of: 0, isCommitted: true, now: 1, random: 0) == .fail)
        }
    }

    @Test("every candidate is tried once before any twice; each at most three times", arguments: 1...6)
    func rounds(candidates: Int) {
        let asked = asked(plan(candidates)) { _ in Self.broken }
        #expect(Array(asked.prefix(candidates)) == Array(0..<candidates))
        for index in 0..<candidates { #expect(asked.filter { $0 == index }.count == 3) }
    }

    @Test(
        "pauses are drawn from zero to 250 ms, doubled up to 20 s",
        arguments: [0.0, 0.5, 0.999999])
    func pauses(random: Double) {
        var settings = settings
        settings.perCandidate = 12
        var plan = RetryPlan(candidates: 1, deadline: nil, settings)
        _ = plan.next(now: 0)
        for bound in [250, 500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000] {
            let step = plan.next(after: Self.broken, of: 0, isCommitted: false, now: 0, random: random)
            #expect(step == .attempt(0, afterMilliseconds: Int(Double(bound) * random), isRetry: true))
        }
    }

    @Test("the next candidate is tried at once and without `progress`; a repetition is announced")
    func steps() {
        var plan = plan(2)
        #expect(plan.next(now: 0) == .attempt(0, afterMilliseconds: 0, isRetry: false))
        #expect(
            plan.next(after: Self.broken, of: 0, isCommitted: false, now: 1, random: 0.8)
                == .attempt(1, afterMilliseconds: 0, isRetry: false))
        // The pause of 200 ms of the first candidate began at 1.
        #expect(
            plan.next(after: Self.broken, of: 1, isCommitted: false, now: 51, random: 0.999)
                == .attempt(0, afterMilliseconds: 150, isRetry: true))
    }

    @Test("a wait the provider asks for is kept, unless another candidate is ready earlier")
    func retryAfter() {
        let busy = UltraError(.rateLimited, "", status: 429, isRetryable: true, retryAfterMilliseconds: 3000)
        // Jitter spreads the clients that were told the same wait.
        for (random, pause) in [(0, 3000), (0.5, 3050), (0.999, 3099)] {
            var alone = plan(1)
            _ = alone.next(now: 0)
            #expect(
                alone.next(after: busy, of: 0, isCommitted: false, now: 10, random: random)
                    == .attempt(0, afterMilliseconds: pause, isRetry: true))
            var late = plan(1)
            late.postpone(0, until: 3000, random: random)
            #expect(late.next(now: 0) == .attempt(0, afterMilliseconds: pause, isRetry: false))
        }
        var two = plan(2)
        _ = two.next(now: 0)
        #expect(
            two.next(after: busy, of: 0, isCommitted: false, now: 10, random: 0.5)
                == .attempt(1, afterMilliseconds: 0, isRetry: false))
        // The second candidate fails without asking for a wait: it is ready earlier.
        #expect(
            two.next(after: Self.broken, of: 1, isCommitted: false, now: 20, random: 0.4)
                == .attempt(1, afterMilliseconds: 100, isRetry: true))
    }

    @Test(
        "nothing that would begin past the deadline, or wait longer than anyone should",
        arguments: [
            (2999, nil, true), (3000, nil, true), (20_000, nil, true), (20_001, nil, false), (3000, 3010, false),
            (3000, 3011, true), (0, 10, false), (0, 11, true),
        ] as [(Int, Int?, Bool)])
    func deadline(after: Int, deadline: Int?, goesOn: Bool) {
        let busy = UltraError(.rateLimited, "", isRetryable: true, retryAfterMilliseconds: after)
        var plan = plan(1, deadline: deadline)
        _ = plan.next(now: 0)
        let step = plan.next(after: busy, of: 0, isCommitted: false, now: 10, random: 0)
        #expect((step != .fail) == goesOn)
    }

    @Test("after the deadline not even the next candidate is tried")
    func pastDeadline() {
        var plan = plan(2, deadline: 100)
        _ = plan.next(now: 0)
        #expect(plan.next(after: Self.broken, of: 0, isCommitted: false, now: 100, random: 0) == .fail)
    }

    @Test("an excluded candidate is never tried; a postponed one waits for its time, which is no repetition")
    func exclusion() {
        var plan = plan(3)
        plan.exclude(0)
        plan.postpone(1, until: 500, random: 0)
        #expect(plan.next(now: 0) == .attempt(2, afterMilliseconds: 0, isRetry: false))
        #expect(
            plan.next(after: Self.refused, of: 2, isCommitted: false, now: 10, random: 0)
                == .attempt(1, afterMilliseconds: 490, isRetry: false))
        // The candidate was chosen but could not be used: still no repetition.
        plan.postpone(1, until: 900, random: 0)
        #expect(plan.next(now: 500) == .attempt(1, afterMilliseconds: 400, isRetry: false))
        var none = self.plan(2)
        none.exclude(0)
        none.exclude(1)
        #expect(none.next(now: 0) == .fail)
        var empty = self.plan(0)
        #expect(empty.next(now: 0) == .fail)
    }

    @Test("a postponed turn is no attempt, and total postponement is capped at the longest pause")
    func idleTurns() {
        for step in [1, 1000, 20_000] {
            var plan = plan(1)
            var now = 0
            while case .attempt(0, let pause, false) = plan.next(now: now) {
                now += pause
                plan.postpone(0, until: now + step, random: 0)
            }
            #expect(now == step + 20_000)
        }
        // An attempt resets the count; the repetition is announced once.
        var plan = plan(1)
        _ = plan.next(now: 0)
        plan.postpone(0, until: 20_000, random: 0)
        _ = plan.next(now: 20_000)
        let again = plan.next(after: Self.broken, of: 0, isCommitted: false, now: 20_000, random: 0)
        #expect(again == .attempt(0, afterMilliseconds: 0, isRetry: true))
        plan.postpone(0, until: 40_000, random: 0)
        #expect(plan.next(now: 20_000) == .attempt(0, afterMilliseconds: 20_000, isRetry: false))
        plan.postpone(0, until: 60_000, random: 0)
        #expect(plan.next(now: 40_000) == .attempt(0, afterMilliseconds: 20_000, isRetry: false))
    }

    @Test(
        "an untried candidate is worth a short wait within the deadline; no repetition is sent meanwhile",
        arguments: [
            (until: 2001, deadline: nil, index: 1, pause: 2000, isRetry: false),
            (until: 2002, deadline: nil, index: 0, pause: 125, isRetry: true),
            (until: 1001, deadline: 1002, index: 1, pause: 1000, isRetry: false),
            (until: 1001, deadline: 1001, index: 0, pause: 125, isRetry: true),
        ] as [(until: Int, deadline: Int?, index: Int, pause: Int, isRetry: Bool)])
    func fresh(row: (until: Int, deadline: Int?, index: Int, pause: Int, isRetry: Bool)) {
        var plan = plan(2, deadline: row.deadline)
        plan.postpone(1, until: row.until, random: 0)
        _ = plan.next(now: 0)
        let step = plan.next(after: Self.broken, of: 0, isCommitted: false, now: 1, random: 0.5)
        #expect(step == .attempt(row.index, afterMilliseconds: row.pause, isRetry: row.isRetry))
    }

    @Test("an answer that starts over goes to the next candidates, once to each")
    func restart() {
        var plan = plan(3)
        _ = plan.next(now: 0)
        #expect(plan.restart(without: 0, now: 1) == .attempt(1, afterMilliseconds: 0, isRetry: false))
        #expect(plan.restart(without: 1, now: 2) == .attempt(2, afterMilliseconds: 0, isRetry: false))
        #expect(plan.restart(without: 2, now: 3) == .fail)
    }
}
