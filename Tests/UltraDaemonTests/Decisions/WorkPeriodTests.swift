import Testing

@testable import UltraDaemon

struct WorkPeriodTests {
    struct Case: Sendable, CustomTestStringConvertible {
        /// Turns of the loop since the start, at each look.
        let turns: [UInt64]
        /// The looks at which work has ended.
        let ends: [Int]
        var testDescription: String { "\(turns)" }
    }

    @Test(
        "a period of work ends at the first sample that finds almost nothing done",
        arguments: [
            // The start is work, however little it took.
            Case(turns: [3, 4, 5], ends: [0]),
            Case(turns: [500, 505, 510], ends: [1]),
            // Ten turns are what timers take.
            Case(turns: [500, 511, 521], ends: [2]),
            // Once, however long nothing is done.
            Case(turns: [500, 500, 500, 500], ends: [1]),
            Case(turns: [500, 501, 900, 1300, 1300, 1305], ends: [1, 4]),
            // While work goes on there is no end to it.
            Case(turns: [100, 200, 300, 400], ends: []),
        ])
    func ends(_ row: Case) {
        var period = WorkPeriod()
        let ends = row.turns.map { period.hasEnded(turns: $0) }
        #expect(ends.indices.filter { ends[$0] } == row.ends)
    }
}
