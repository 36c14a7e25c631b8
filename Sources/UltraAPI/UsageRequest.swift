/// A `usage` request: the time range, the filter and the grouping.
package struct UsageRequest: Sendable, Equatable {
    /// Start of the range, inclusive.
    package var since = UsageTime.before(milliseconds: 86_400_000)
    package var until = UsageTime.before(milliseconds: 0)
    /// The columns to group by, without duplicates; empty for a single row.
    package var keys: [UsageKey] = []
    package var filter = Filter()

    /// Selects the requests that match every value given; nil matches all. The values are the wire's words.
    package struct Filter: Sendable, Equatable {
        package var model: String?
        package var provider: String?
        package var user: Account?
        package var group: Account?
        package var program: String?
        package var operation: String?
        package var outcome: String?
        /// Requests with this tag.
        package var tag: String?

        package init() {}
    }

    /// A user or a group, by ID or by name.
    package enum Account: Sendable, Equatable {
        case number(UInt32)
        case name(String)
    }

    package init() {}
}

/// The columns of `usage`; the raw values are the wire's words.
package enum UsageKey: String, Sendable, CaseIterable {
    case model, provider, user, group, program
    case operation = "op"
    case day, hour, tag, outcome
}
