internal import UltraAPI

/// One row of the result of `usage`.
struct UsageGroup: Sendable {
    /// The values of the keys; nil: that is no key, or the rows have no value.
    struct Name: Sendable, Hashable {
        /// The start of the hour or day, in seconds since 1970.
        var time: Int?
        var model: String?
        var provider: String?
        var uid: UInt32?
        var gid: UInt32?
        var program: String?
        var operation: String?
        var outcome: String?
        var tag: String?
    }

    var name: Name
    var figures: UsageFigures
    private(set) var firstTokenMedian: Float?
    private(set) var totalMedian: Float?
    /// Names of `uid` and `gid`, if the system knows them.
    var user: String?
    var group: String?

    init(name: Name, figures: UsageFigures) {
        self.name = name
        self.figures = figures
    }

    /// Finds the medians; nothing may be added afterwards.
    mutating func settle() {
        firstTokenMedian = figures.firstToken.median()
        totalMedian = figures.total.median()
        figures.firstToken = MedianSample()
        figures.total = MedianSample()
    }

    static func isBefore(_ one: UsageGroup, _ other: UsageGroup) -> Bool {
        if one.name.time != other.name.time { return one.name.time ?? 0 < other.name.time ?? 0 }
        let (a, b) = (one.figures, other.figures)
        if a.cost.value != b.cost.value { return a.cost.value > b.cost.value }
        let (aTokens, bTokens) = (a.input.value &+ a.output.value, b.input.value &+ b.output.value)
        if aTokens != bTokens { return aTokens > bTokens }
        return a.requests > b.requests
    }

    /// The row of the report; the values of keys that are not asked for are nil.
    var row: UsageReport.Row {
        var row = UsageReport.Row()
        row.names.model = name.model
        row.names.provider = name.provider
        row.names.uid = name.uid.map { Int($0) }
        row.names.user = user
        row.names.gid = name.gid.map { Int($0) }
        row.names.group = group
        row.names.program = name.program
        row.names.operation = name.operation
        row.names.hour = name.time.map { Timestamp(seconds: $0) }
        row.names.day = row.names.hour?.date
        row.names.outcome = name.outcome
        row.names.tag = name.tag
        row.requests = figures.requests
        row.failed = figures.failed
        row.inputTokens = figures.input.known
        row.outputTokens = figures.output.known
        row.cachedInputTokens = figures.cached.known
        row.cacheWriteTokens = figures.cacheWrite.known
        row.reasoningTokens = figures.reasoning.known
        row.costMicroUSD = figures.cost.known
        row.unknownCost = figures.unknownCost
        row.unknownTokens = figures.unknownTokens
        row.firstTokenP50 = firstTokenMedian.map(Self.rounded)
        row.totalP50 = totalMedian.map(Self.rounded)
        return row
    }

    /// To a tenth of a millisecond; more is noise.
    private static func rounded(_ milliseconds: Float) -> Double { (Double(milliseconds) * 10).rounded() / 10 }
}
