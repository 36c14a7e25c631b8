internal import UltraAPI

/// What is counted and by what it is told apart: a `UsageRequest` with moments and numbers in place of words.
struct UsageQuery: Sendable, Equatable {
    /// Milliseconds since 1970; `since` is in, `until` is not.
    var since: Int
    var until: Int
    var keys: [UsageKey] = []
    var filter = Filter()

    struct Filter: Sendable, Equatable {
        var uid: UInt32?
        var gid: UInt32?
        var model: String?
        var provider: String?
        var program: String?
        var operation: String?
        var outcome: String?
        var tag: String?
    }

    /// Rows of one answer; more would be of no use to anyone, and not fit into a frame.
    static let maxGroups = 10_000
}
