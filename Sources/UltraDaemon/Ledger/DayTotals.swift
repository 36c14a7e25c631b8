internal import UltraAPI

/// What was used since the day (UTC) began, as `status` tells it.
struct DayTotals: Sendable, Equatable {
    private(set) var requests = 0
    private(set) var inputTokens = 0
    private(set) var outputTokens = 0
    private(set) var costMicroUSD = 0
    /// Days since 1970.
    private var day = 0

    static let milliseconds = 86_400_000

    /// - Parameter now: milliseconds since 1970.
    func today(at now: Int) -> DayTotals {
        now / Self.milliseconds == day ? self : DayTotals()
    }

    mutating func add(_ row: LedgerRow) {
        begin(at: row.time)
        requests += 1
        inputTokens = inputTokens.saturatingSum(row.usage.inputTokens ?? 0)
        outputTokens = outputTokens.saturatingSum(row.usage.outputTokens ?? 0)
        costMicroUSD = costMicroUSD.saturatingSum(row.costMicroUSD ?? 0)
    }

    /// Takes over what the ledger has of the day.
    mutating func add(_ figures: UsageFigures, at now: Int) {
        begin(at: now)
        requests += figures.requests
        inputTokens = inputTokens.saturatingSum(figures.input.value)
        outputTokens = outputTokens.saturatingSum(figures.output.value)
        costMicroUSD = costMicroUSD.saturatingSum(figures.cost.value)
    }

    private mutating func begin(at now: Int) {
        guard now / Self.milliseconds != day else { return }
        self = DayTotals()
        day = now / Self.milliseconds
    }
}
