import Testing

@testable import UltraDaemon

struct WorkPeriodTests {
    struct Case: Sendable, CustomTestStringConvertible {
        /// The number of turns since the start, at each sample.
        let turns: [UInt64]
        /// The samples at which a period of work has ended.
        let ends: [Int]
        var testDescription: String { "\(turns)" }
    }

    @Test(
        "a period of work ends at the first sample that finds almost nothing done",
        arguments: [
            // The start counts as work, however short.
            Case(turns: [3, 4, 5], ends: [0]),
            Case(turns: [500, 505, 510], ends: [1]),
            // Timers alone take ten turns.
            Case(turns: [500, 511, 521], ends: [2]),
            // The end is reported once, however long the daemon is idle.
            Case(turns: [500, 500, 500, 500], ends: [1]),
            Case(turns: [500, 501, 900, 1300, 1300, 1305], ends: [1, 4]),
            // Continuous work has no end.
            Case(turns: [100, 200, 300, 400], ends: []),
        ])
    func ends(_ row: Case) {
        var period = WorkPeriod()
        let ends = row.turns.map { period.hasEnded(turns: $0) }
        #expect(ends.indices.filter { ends[$0] } == row.ends)
    }
}
