internal import UltraAPI

/// A `UsageRequest` with its times and names resolved to moments and numbers.
struct UsageQuery: Sendable, Equatable {
    /// Milliseconds since 1970; `since` is included, `until` is not.
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

    /// The most rows of one result, which must fit into a frame.
    static let maxGroups = 10_000
}
