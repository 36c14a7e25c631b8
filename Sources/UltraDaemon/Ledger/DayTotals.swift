internal import UltraAPI

/// The use since the day (UTC) began, for `status`.
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
        add(row.usage, row.costMicroUSD, at: row.time)
    }

    /// Adds one request.
    /// - Parameter time: milliseconds since 1970.
    mutating func add(_ usage: Usage, _ costMicroUSD: Int?, at time: Int) {
        begin(at: time)
        requests += 1
        inputTokens = inputTokens.saturatingSum(usage.inputTokens ?? 0)
        outputTokens = outputTokens.saturatingSum(usage.outputTokens ?? 0)
        self.costMicroUSD = self.costMicroUSD.saturatingSum(costMicroUSD ?? 0)
    }

    /// Takes over the use of the day from the ledger.
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
