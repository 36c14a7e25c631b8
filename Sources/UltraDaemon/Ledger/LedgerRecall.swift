/// The part of the ledger that a starting daemon takes over.
struct LedgerRecall: Sendable {
    /// A request that began within the last minute.
    struct Start: Sendable, Equatable {
        /// Milliseconds since 1970.
        var time: Int
        var uid: UInt32
        var gid: UInt32
        var program: String?
        var memberOf: [UInt32]

        init(_ row: LedgerRow) {
            time = row.began
            uid = row.uid
            gid = row.gid
            program = row.program
            memberOf = row.memberOf
        }
    }

    /// The use of a process to which budgets applied because of its supplementary groups.
    struct Member: Sendable {
        var subject: BudgetRule.Subject
        var amount: DayUse.Amount
    }

    static let maxStarts = 100_000

    /// The use of the day by user, group and program.
    var groups: [UsageGroup] = []
    var starts: [Start] = []
    /// Their amounts are part of `groups` too.
    var members: [Member] = []
}
