/// What `usage` is asked: over which time, of which requests, added up by what.
package struct UsageRequest: Sendable, Equatable {
    package var since = UsageTime.before(milliseconds: 86_400_000)
    package var until = UsageTime.before(milliseconds: 0)
    /// Without doubles; empty: everything in one row.
    package var keys: [UsageKey] = []
    package var filter = Filter()

    /// Which requests count: those that match all that is named. The wire's words.
    package struct Filter: Sendable, Equatable {
        package var model: String?
        package var provider: String?
        package var user: Account?
        package var group: Account?
        package var program: String?
        package var operation: String?
        package var outcome: String?
        /// Those that carry it.
        package var tag: String?

        package init() {}
    }

    /// A user or a group.
    package enum Account: Sendable, Equatable {
        case number(UInt32)
        case name(String)
    }

    package init() {}
}

/// What the rows of `usage` can be told apart by; the raw values are the wire's words.
package enum UsageKey: String, Sendable, CaseIterable {
    case model, provider, user, group, program
    case operation = "op"
    case day, hour, tag, outcome
}
