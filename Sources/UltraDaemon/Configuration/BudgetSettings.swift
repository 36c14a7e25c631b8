/// What someone may use (`[[budgets]]`): a call counts if it matches everything that is named; where nothing is, all
/// calls do, together. `nil`: any, or no limit.
package struct BudgetSettings: Sendable, Equatable {
    package var uid: Int?
    /// A user's name, in place of `uid`.
    package var user: String?
    package var gid: Int?
    /// A group's name, in place of `gid`.
    package var group: String?
    /// The peer's program, as `/proc/PID/comm` has it.
    package var program: String?

    /// A day is one of UTC.
    package var microUSDPerDay: Int?
    package var tokensPerDay: Int?
    package var requestsPerMinute: Int?
    package var atOnce: Int?

    package init() {}
}
