/// The result of `usage`. A number that the daemon does not know is nil.
package struct UsageReport: ReportValue {
    package var rows: [Row] = []
    package var since: Timestamp?
    package var until: Timestamp?
    /// The keys that the rows are grouped by, words of `UsageKey`; each row has their values.
    package var keys: [String] = []

    package init() {}

    package func write(to json: inout JSONWriter) {
        json.key("rows")
        json.beginArray()
        for row in rows {
            json.beginObject()
            row.write(keys, to: &json)
            json.endObject()
        }
        json.endArray()
        json.fieldOrNull("since", since)
        json.fieldOrNull("until", until)
        json.strings("group_by", keys)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "rows": rows = try reader.elements { (reader) throws(JSONError) in try Row(&reader) }
            case "since": since = try reader.timestampOrNull()
            case "until": until = try reader.timestampOrNull()
            case "group_by": keys = try reader.strings()
            default: try reader.skip()
            }
        }
    }
}

extension UsageReport {
    /// The sums of one group of requests.
    package struct Row: Sendable, Equatable {
        /// The values of the keys; nil: the rows are not grouped by the key, or the requests have no value.
        package struct Names: Sendable, Equatable {
            package var model: String?
            package var provider: String?
            package var uid: Int?
            /// The name of `uid`; nil: the system knows none.
            package var user: String?
            package var gid: Int?
            package var group: String?
            package var program: String?
            package var operation: String?
            /// The day in UTC, `2026-11-24`.
            package var day: String?
            /// The start of the hour in UTC.
            package var hour: Timestamp?
            package var outcome: String?
            package var tag: String?

            package init() {}
        }

        package var names = Names()
        package var requests: Int?
        package var failed: Int?
        package var inputTokens: Int?
        package var outputTokens: Int?
        package var cachedInputTokens: Int?
        package var cacheWriteTokens: Int?
        package var reasoningTokens: Int?
        package var costMicroUSD: Int?
        /// Requests of unknown price, which `costMicroUSD` excludes.
        package var unknownCost: Int?
        /// Requests with at least one unknown token count.
        package var unknownTokens: Int?
        /// Median time to the first token, in milliseconds.
        package var firstTokenP50: Double?
        /// Median time to the end of the answer, in milliseconds.
        package var totalP50: Double?

        package init() {}
    }
}

// MARK: - Wire

extension UsageReport.Row {
    /// Adds the values of `keys` in their order, then the figures.
    package func write(_ keys: [String], to json: inout JSONWriter) {
        for key in keys {
            switch UsageKey(rawValue: key) {
            case .model: json.fieldOrNull("model", names.model)
            case .provider: json.fieldOrNull("provider", names.provider)
            case .user:
                json.fieldOrNull("uid", names.uid)
                json.fieldOrNull("user", names.user)
            case .group:
                json.fieldOrNull("gid", names.gid)
                json.fieldOrNull("group", names.group)
            case .program: json.fieldOrNull("program", names.program)
            case .operation: json.fieldOrNull("op", names.operation)
            case .day: json.fieldOrNull("day", names.day)
            case .hour: json.fieldOrNull("hour", names.hour)
            case .outcome: json.fieldOrNull("outcome", names.outcome)
            case .tag: json.fieldOrNull("tag", names.tag)
            case nil: break
            }
        }
        json.fieldOrNull("requests", requests)
        json.fieldOrNull("failed", failed)
        json.fieldOrNull("input_tokens", inputTokens)
        json.fieldOrNull("output_tokens", outputTokens)
        json.fieldOrNull("cached_input_tokens", cachedInputTokens)
        json.fieldOrNull("cache_write_tokens", cacheWriteTokens)
        json.fieldOrNull("reasoning_tokens", reasoningTokens)
        json.microUSD("cost_usd", costMicroUSD)
        json.fieldOrNull("unknown_cost", unknownCost)
        json.fieldOrNull("unknown_tokens", unknownTokens)
        json.fieldOrNull("first_token_p50_ms", firstTokenP50)
        json.fieldOrNull("total_p50_ms", totalP50)
    }

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "model": names.model = try reader.stringOrNull()
            case "provider": names.provider = try reader.stringOrNull()
            case "uid": names.uid = try reader.intOrNull()
            case "user": names.user = try reader.stringOrNull()
            case "gid": names.gid = try reader.intOrNull()
            case "group": names.group = try reader.stringOrNull()
            case "program": names.program = try reader.stringOrNull()
            case "op": names.operation = try reader.stringOrNull()
            case "day": names.day = try reader.stringOrNull()
            case "hour": names.hour = try reader.timestampOrNull()
            case "outcome": names.outcome = try reader.stringOrNull()
            case "tag": names.tag = try reader.stringOrNull()
            case "requests": requests = try reader.intOrNull()
            case "failed": failed = try reader.intOrNull()
            case "input_tokens": inputTokens = try reader.intOrNull()
            case "output_tokens": outputTokens = try reader.intOrNull()
            case "cached_input_tokens": cachedInputTokens = try reader.intOrNull()
            case "cache_write_tokens": cacheWriteTokens = try reader.intOrNull()
            case "reasoning_tokens": reasoningTokens = try reader.intOrNull()
            case "cost_usd": costMicroUSD = try reader.microUSDOrNull()
            case "unknown_cost": unknownCost = try reader.intOrNull()
            case "unknown_tokens": unknownTokens = try reader.intOrNull()
            case "first_token_p50_ms": firstTokenP50 = try reader.doubleOrNull()
            case "total_p50_ms": totalP50 = try reader.doubleOrNull()
            default: try reader.skip()
            }
        }
    }
}
