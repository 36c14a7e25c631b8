import Testing
import UltraAPI

@testable import UltraDaemon

@Suite("Ledger: while the disk takes nothing")
struct LedgerBacklogTests {
    @Test("the oldest rows go, counted, and never more than the bound are kept")
    func bound() {
        var backlog = LedgerBacklog()
        let count = LedgerBacklog.limit + 3 * LedgerBacklog.batch
        for time in 0..<count { backlog.append(LedgerSample.row(time: time)) }
        #expect(backlog.rows.count < LedgerBacklog.limit + LedgerBacklog.batch)
        #expect(backlog.rows.count + backlog.lost == count)
        #expect(backlog.rows.first?.time == backlog.lost && backlog.rows.last?.time == count - 1)
    }

    @Test("unwritten rows return before later ones, and the pauses double up to a bound")
    func failures() {
        var backlog = LedgerBacklog()
        backlog.append(LedgerSample.row(time: 1))
        let taken = backlog.take()
        backlog.append(LedgerSample.row(time: 2))
        #expect(backlog.failed(taken) == .seconds(1))
        #expect(backlog.rows.map(\.time) == [1, 2])
        let pauses = (0..<8).map { _ in backlog.failed(backlog.take()) }
        #expect(pauses == [2, 4, 8, 16, 30, 30, 30, 30].map { .seconds($0) })
        backlog.succeeded()
        #expect(backlog.failed([]) == .seconds(1))
        #expect(backlog.lost == 0)
    }

    @Test("the day's totals restart at midnight UTC, and include what the ledger has")
    func day() {
        var totals = DayTotals()
        let midnight = LedgerSample.midnight
        func row(_ time: Int, _ tokens: Int?) -> LedgerRow {
            LedgerSample.row(time: time) {
                $0.usage = Usage(inputTokens: tokens, outputTokens: tokens.map { $0 * 2 })
                $0.costMicroUSD = tokens
            }
        }
        totals.add(row(midnight - 1, 100))
        #expect(totals.today(at: midnight - 1).requests == 1 && totals.today(at: midnight).requests == 0)
        totals.add(row(midnight, 5))
        totals.add(row(midnight + 1, nil))
        let today = totals.today(at: midnight + 2)
        #expect([today.requests, today.inputTokens, today.outputTokens, today.costMicroUSD] == [2, 5, 10, 5])
        var figures = UsageFigures()
        var block = LedgerBlock()
        block.append(row(midnight, 7))
        figures.add(block.rows[0], isFailure: false)
        totals.add(figures, at: midnight + 3)
        #expect(totals.today(at: midnight + 4).inputTokens == 12 && totals.today(at: midnight + 4).requests == 3)
    }
}
