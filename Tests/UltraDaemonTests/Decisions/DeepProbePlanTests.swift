import Testing

@testable import UltraDaemon

/// Times are milliseconds from the start of each test; the interval is a minute.
struct DeepProbePlanTests {
    private let plan = DeepProbePlan(interval: 60_000)

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let subjects: [DeepProbePlan.Subject]
        let turn: DeepProbePlan.Step?
        var testDescription: String { name }
    }

    private static func subject(
        seen: Int? = nil, tried: Int? = nil, isUsed: Bool = true, canBeProbed: Bool = true
    ) -> DeepProbePlan.Subject {
        DeepProbePlan.Subject(isUsed: isUsed, canBeProbed: canBeProbed, seenAt: seen, triedAt: tried)
    }

    @Test(
        "a model without evidence is probed at once, others one interval after the last evidence or attempt",
        arguments: [
            Case(name: "nobody", subjects: [], turn: nil),
            Case(name: "never seen", subjects: [subject()], turn: .init(index: 0, milliseconds: 0)),
            Case(
                name: "an answer makes it needless", subjects: [subject(seen: 99_999)],
                turn: .init(index: 0, milliseconds: 59_999)),
            Case(name: "an interval ago", subjects: [subject(seen: 40_000)], turn: .init(index: 0, milliseconds: 0)),
            Case(
                name: "a try that came to nothing counts", subjects: [subject(seen: 1, tried: 70_000)],
                turn: .init(index: 0, milliseconds: 30_000)),
            Case(
                name: "the longest unknown first", subjects: [subject(seen: 30_000), subject(seen: 20_000)],
                turn: .init(index: 1, milliseconds: 0)),
            Case(
                name: "the unknown before all", subjects: [subject(seen: 1), subject()],
                turn: .init(index: 1, milliseconds: 0)),
            Case(name: "nobody relies on it", subjects: [subject(isUsed: false)], turn: nil),
            Case(name: "it cannot be asked", subjects: [subject(canBeProbed: false)], turn: nil),
            Case(
                name: "others come first", subjects: [subject(isUsed: false), subject(seen: 90_000)],
                turn: .init(index: 1, milliseconds: 50_000)),
        ])
    func turns(_ row: Case) {
        #expect(plan.next(row.subjects, at: 100_000) == row.turn)
    }

    @Test("a budget holds for a day, for what is under way as well, and for what an earlier run spent")
    func budget() throws {
        let (day, noon) = (86_400_000, 43_200_000)
        var spend = ProbeSpend(microUSD: 30, at: noon)
        let firstLeft = spend.reserve(40, of: 100, at: noon)
        let first = try #require(firstLeft)
        #expect(spend.today(at: noon) == 70)
        #expect(spend.reserve(31, of: 100, at: noon) == nil)
        spend.settle(first, cost: 10)
        #expect(spend.today(at: noon) == 40)
        // A probe that costs more than estimated leaves nothing for the next.
        let secondLeft = spend.reserve(60, of: 100, at: noon)
        let second = try #require(secondLeft)
        spend.settle(second, cost: 90)
        #expect(spend.today(at: noon) == 130)
        #expect(spend.reserve(0, of: 100, at: noon) == nil)
        let thirdLeft = spend.reserve(5, of: 1000, at: noon)
        let third = try #require(thirdLeft)
        #expect(spend.reserve(50, of: 100, at: noon + day) != nil)
        // The cost belongs to the day before.
        spend.settle(third, cost: 5)
        #expect(spend.today(at: noon + day) == 50)
        // Without a budget not even free models are probed.
        var none = ProbeSpend()
        #expect(none.reserve(0, of: 0, at: noon) == nil)
    }
}
