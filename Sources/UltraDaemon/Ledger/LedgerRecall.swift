/// What a starting daemon takes over from the ledger.
struct LedgerRecall: Sendable {
    /// One that began within the last minute.
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

    /// What a process used that was a member of budgets' groups by supplementary groups.
    struct Member: Sendable {
        var subject: BudgetRule.Subject
        var amount: DayUse.Amount
    }

    static let maxStarts = 100_000

    /// The day's use by user, group and program.
    var groups: [UsageGroup] = []
    var starts: [Start] = []
    /// Their amounts are in `groups` too.
    var members: [Member] = []
}
