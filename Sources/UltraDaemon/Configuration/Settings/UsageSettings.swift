/// The cache of answers to equal requests (`[cache]`).
package struct CacheSettings: Sendable, Equatable {
    package var isEnabled = false
    /// False: each user has a cache of their own.
    package var isShared = false
    /// True: answers that call tools are cached too.
    package var keepsToolCalls = false
    /// The lifetime of a cached answer.
    package var ttl = Duration.seconds(3600)
    /// The size of the cache in memory.
    package var memoryBytes = 16 << 20
    /// The size of the cache in the state directory, which survives a restart; 0: none.
    package var diskBytes = 256 << 20

    package init() {}
}

/// The ledger: the record of every request's usage (`[ledger]`).
package struct LedgerSettings: Sendable, Equatable {
    /// The age at which rows are deleted; zero: nothing is recorded.
    package var retention = Duration.seconds(90 * 86_400)
    /// The size of the file at which the oldest rows are deleted.
    package var diskBytes = 1 << 30

    package init() {}
}

/// A budget (`[[budgets]]`): limits on the requests that match every selector. Without selectors it applies to all
/// requests together.
package struct BudgetSettings: Sendable, Equatable {
    // Selectors; nil: any.
    package var uid: Int?
    /// A user's name, instead of `uid`.
    package var user: String?
    package var gid: Int?
    /// A group's name, instead of `gid`.
    package var group: String?
    /// The client's program, as in `/proc/PID/comm`.
    package var program: String?

    // Limits; nil: none. Days are UTC.
    package var microUSDPerDay: Int?
    package var tokensPerDay: Int?
    package var requestsPerMinute: Int?
    /// Concurrent requests.
    package var atOnce: Int?

    package init() {}
}

extension CacheSettings: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey(
            "enabled", \.isEnabled, .boolean, "Store answers, and answer equal requests from the store at no cost"),
        SettingKey(
            "shared", \.isShared, .boolean, "Share stored answers between users; false: each user has separate ones"),
        SettingKey("tool_calls", \.keepsToolCalls, .boolean, "Store answers with tool calls too"),
        SettingKey(
            "ttl", \.ttl, .duration(.seconds(1), .seconds(31_536_000)), "Maximum age of a stored answer"),
        SettingKey("memory_bytes", \.memoryBytes, .size(0, 16 << 30), "Maximum size of stored answers in memory"),
        SettingKey(
            "disk_bytes", \.diskBytes, .size(0, 1 << 40),
            "Maximum size of stored answers in the state directory; 0: memory only"),
    ]
}

extension LedgerSettings: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey(
            "retention", \.retention, .duration(.zero, .seconds(3650 * 86_400)),
            "Maximum age of a row; 0: nothing is recorded"),
        SettingKey(
            "disk_bytes", \.diskBytes, .size(1 << 20, 1 << 40),
            "Maximum size of the file; beyond it the oldest rows are deleted"),
    ]
}

extension BudgetSettings: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey("uid", \.uid, .optional(id, absent: ""), "Applies to this user, by number"),
        SettingKey("user", \.user, .optional(.name, absent: ""), "Applies to this user, by name"),
        SettingKey("gid", \.gid, .optional(id, absent: ""), "Applies to members of this group, by number"),
        SettingKey("group", \.group, .optional(.name, absent: ""), "Applies to members of this group, by name"),
        SettingKey(
            "program", \.program, .optional(.text("a program's name"), absent: ""),
            "Applies to this program, by name (/proc/PID/comm)"),
        SettingKey(
            "usd_per_day", \.microUSDPerDay, .optional(.microUSD(upTo: 1_000_000), absent: "none"),
            "Maximum cost per day (UTC) in USD"),
        SettingKey(
            "tokens_per_day", \.tokensPerDay, .optional(.integer(0...1_000_000_000_000), absent: "none"),
            "Maximum tokens per day (UTC), input and output together"),
        SettingKey(
            "requests_per_minute", \.requestsPerMinute, .optional(.integer(0...1_000_000), absent: "none"),
            "Maximum number of requests per minute"),
        SettingKey(
            "at_once", \.atOnce, .optional(.integer(0...100_000), absent: "none"),
            "Maximum number of concurrent requests"),
    ]

    private static let id = KeyType<Int>.integer(0...4_294_967_294)

    func check(_ path: String, _ reader: inout KeyReader) {
        if uid != nil, user != nil { reader.problems.refuse(path, "names both uid and user: one is enough") }
        if gid != nil, group != nil { reader.problems.refuse(path, "names both gid and group: one is enough") }
        if microUSDPerDay == nil, tokensPerDay == nil, requestsPerMinute == nil, atOnce == nil {
            reader.problems.refuse(
                path, "limits nothing: set usd_per_day, tokens_per_day, requests_per_minute or at_once")
        }
    }
}
