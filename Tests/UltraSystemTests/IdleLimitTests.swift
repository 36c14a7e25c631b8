import Testing

@testable import UltraSystem

/// Times are milliseconds from the start of each test.
struct IdleLimitTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var announced: Int?
        var seen: [Int] = []
        let limit: Int?
        let maxAge: Int
        var testDescription: String { "announced \(announced.map(String.init) ?? "nothing"), seen \(seen)" }
    }

    @Test(
        "the shorter of announced and observed limit; a connection is closed a tenth, at least a second, before it",
        arguments: [
            Case(limit: nil, maxAge: 118),
            Case(announced: 60, limit: 60_000, maxAge: 53),
            Case(announced: 5, limit: 5000, maxAge: 3),
            Case(announced: 2, limit: 2000, maxAge: 0),
            Case(announced: 0, limit: 0, maxAge: 0),
            Case(announced: -1, limit: 0, maxAge: 0),
            Case(announced: .max, limit: 86_400_000, maxAge: 118),
            Case(seen: [75_000], limit: 75_000, maxAge: 66),
            Case(seen: [75_000, 60_000, 70_000], limit: 60_000, maxAge: 53),
            Case(announced: 30, seen: [75_000], limit: 30_000, maxAge: 26),
            Case(announced: 120, seen: [75_000], limit: 75_000, maxAge: 66),
            // Without a limit the host keeps no connection.
            Case(seen: [0, 1499], limit: nil, maxAge: 118),
            Case(seen: [1500], limit: 1500, maxAge: 0),
            Case(seen: [600_000], limit: 600_000, maxAge: 118),
        ])
    func limits(_ row: Case) {
        var limit = IdleLimit()
        if let announced = row.announced { limit.announces(seconds: announced) }
        for idle in row.seen { limit.closed(afterIdle: idle, at: 1000) }
        #expect(limit.milliseconds(at: 1000) == row.limit)
        #expect(limit.maxAgeSeconds(at: 1000, longest: 118_000) == row.maxAge)
    }

    @Test("an observed limit is valid for an hour, an announced one without end")
    func belief() {
        var limit = IdleLimit()
        limit.announces(seconds: 100)
        limit.closed(afterIdle: 5000, at: 0)
        #expect(limit.milliseconds(at: 3_599_999) == 5000)
        #expect(limit.milliseconds(at: 3_600_000) == 100_000)
        limit.closed(afterIdle: 90_000, at: 3_600_000)
        #expect(limit.milliseconds(at: 3_600_000) == 90_000)
    }
}
