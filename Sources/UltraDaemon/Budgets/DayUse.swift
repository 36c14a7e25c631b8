/// Money and tokens of the most recent days (UTC).
///
/// Several days are kept, so that a clock that is set back, or to and fro around midnight, neither forgets use nor
/// counts it twice.
struct DayUse: Sendable, Equatable {
    struct Amount: Sendable, Equatable {
        var microUSD = 0
        var tokens = 0

        static func + (left: Amount, right: Amount) -> Amount {
            Amount(
                microUSD: left.microUSD.saturatingSum(right.microUSD), tokens: left.tokens.saturatingSum(right.tokens))
        }

        static func - (left: Amount, right: Amount) -> Amount {
            Amount(microUSD: max(0, left.microUSD - right.microUSD), tokens: max(0, left.tokens - right.tokens))
        }
    }

    static let daysKept = 3
    /// Days since 1970; the most recently used day is last.
    private var days: [(number: Int, amount: Amount)] = []

    static func day(at now: Int) -> Int { now / DayTotals.milliseconds }

    /// Milliseconds until the next day begins.
    static func remaining(at now: Int) -> Int { DayTotals.milliseconds - now % DayTotals.milliseconds }

    func used(at now: Int) -> Amount {
        days.last { $0.number == Self.day(at: now) }?.amount ?? Amount()
    }

    /// Adds use. Negative parts are ignored, so that nothing can give back another request's use.
    mutating func add(_ amount: Amount, at now: Int) {
        let amount = Amount(microUSD: max(0, amount.microUSD), tokens: max(0, amount.tokens))
        let number = Self.day(at: now)
        let before = used(at: now)
        days.removeAll { $0.number == number }
        days.append((number, before + amount))
        if days.count > Self.daysKept { days.removeFirst() }
    }

    static func == (left: DayUse, right: DayUse) -> Bool {
        left.days.elementsEqual(right.days) { $0.number == $1.number && $0.amount == $1.amount }
    }
}
