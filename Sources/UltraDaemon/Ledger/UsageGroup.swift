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

    /// Writes the keys in the order of `keys`, then the figures.
    func write(_ keys: [UsageKey], to json: inout JSONWriter) {
        json.beginObject()
        for key in keys {
            switch key {
            case .model: json.fieldOrNull("model", name.model)
            case .provider: json.fieldOrNull("provider", name.provider)
            case .user:
                json.fieldOrNull("uid", name.uid.map { Int($0) })
                json.fieldOrNull("user", user)
            case .group:
                json.fieldOrNull("gid", name.gid.map { Int($0) })
                json.fieldOrNull("group", group)
            case .program: json.fieldOrNull("program", name.program)
            case .operation: json.fieldOrNull("op", name.operation)
            case .day: json.fieldOrNull("day", name.time.map { String(RFC3339.string($0).prefix(10)) })
            case .hour:
                json.fieldOrNull("hour", name.time.map { RFC3339.string($0) })
            case .outcome: json.fieldOrNull("outcome", name.outcome)
            case .tag: json.fieldOrNull("tag", name.tag)
            }
        }
        json.field("requests", figures.requests)
        json.field("failed", figures.failed)
        json.fieldOrNull("input_tokens", figures.input.known)
        json.fieldOrNull("output_tokens", figures.output.known)
        json.fieldOrNull("cached_input_tokens", figures.cached.known)
        json.fieldOrNull("cache_write_tokens", figures.cacheWrite.known)
        json.fieldOrNull("reasoning_tokens", figures.reasoning.known)
        json.microUSD("cost_usd", figures.cost.known)
        json.field("unknown_cost", figures.unknownCost)
        json.field("unknown_tokens", figures.unknownTokens)
        Self.write("first_token_p50_ms", firstTokenMedian, to: &json)
        Self.write("total_p50_ms", totalMedian, to: &json)
        json.endObject()
    }

    /// To a tenth of a millisecond; more is noise.
    private static func write(_ name: StaticString, _ milliseconds: Float?, to json: inout JSONWriter) {
        json.fieldOrNull(name, milliseconds.map { (Double($0) * 10).rounded() / 10 })
    }
}
