import UltraAPI

/// The `result` of `usage`. A number that the daemon does not know is `nil`.
struct UsageReport {
    struct Row {
        /// The values of the report's keys, in their order; empty: unknown.
        var group: [String]
        var requests: Int?
        var failed: Int?
        var inputTokens: Int?
        var outputTokens: Int?
        var cachedInputTokens: Int?
        var cacheWriteTokens: Int?
        var reasoningTokens: Int?
        var costUSD: Double?
        /// Requests of unknown price, which `costUSD` excludes.
        var unknownCost: Int?
        /// Requests of which some token counts are unknown.
        var unknownTokens: Int?
        /// Median time to the first token, in milliseconds.
        var firstTokenP50: Double?
        /// Median time to the end of the answer, in milliseconds.
        var totalP50: Double?
    }

    /// The keys that the rows are grouped by.
    let keys: [String]
    var rows: [Row] = []
    var since: String?
    var until: String?

    init(_ reader: inout JSONReader, keys: [String]) throws(JSONError) {
        self.keys = keys
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "rows": rows = try reader.elements { (reader) throws(JSONError) in try Row(&reader, keys: keys) }
            case "since": since = try reader.stringOrNull()
            case "until": until = try reader.stringOrNull()
            default: try reader.skip()
            }
        }
    }

    /// The sum of all rows; medians cannot be summed and stay `nil`.
    var total: Row {
        func sum(_ value: KeyPath<Row, Int?>) -> Int? {
            let known = rows.compactMap { $0[keyPath: value] }
            return known.isEmpty ? nil : known.reduce(0) { $0.addingReportingOverflow($1).partialValue }
        }
        var total = Row(group: keys.map { _ in "" })
        total.requests = sum(\.requests)
        total.failed = sum(\.failed)
        total.inputTokens = sum(\.inputTokens)
        total.outputTokens = sum(\.outputTokens)
        total.cachedInputTokens = sum(\.cachedInputTokens)
        total.reasoningTokens = sum(\.reasoningTokens)
        total.cacheWriteTokens = sum(\.cacheWriteTokens)
        total.unknownCost = sum(\.unknownCost)
        total.unknownTokens = sum(\.unknownTokens)
        let costs = rows.compactMap(\.costUSD)
        total.costUSD = costs.isEmpty ? nil : costs.reduce(0, +)
        return total
    }
}

extension UsageReport.Row {
    fileprivate init(_ reader: inout JSONReader, keys: [String]) throws(JSONError) {
        group = keys.map { _ in "" }
        // A user or group always has a number, and a name if the system knows one.
        var numbers: [String: Int] = [:]
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "uid": numbers["user"] = try reader.intOrNull()
            case "gid": numbers["group"] = try reader.intOrNull()
            case "requests": requests = try reader.intOrNull()
            case "failed": failed = try reader.intOrNull()
            case "input_tokens": inputTokens = try reader.intOrNull()
            case "output_tokens": outputTokens = try reader.intOrNull()
            case "cached_input_tokens": cachedInputTokens = try reader.intOrNull()
            case "cache_write_tokens": cacheWriteTokens = try reader.intOrNull()
            case "unknown_tokens": unknownTokens = try reader.intOrNull()
            case "reasoning_tokens": reasoningTokens = try reader.intOrNull()
            case "cost_usd": costUSD = try reader.doubleOrNull()
            case "unknown_cost": unknownCost = try reader.intOrNull()
            case "first_token_p50_ms": firstTokenP50 = try reader.doubleOrNull()
            case "total_p50_ms": totalP50 = try reader.doubleOrNull()
            default:
                guard let index = keys.firstIndex(of: String(key)) else { return try reader.skip() }
                group[index] = try reader.stringOrNull() ?? ""
            }
        }
        for (index, key) in keys.enumerated() where group[index].isEmpty {
            if let number = numbers[key] { group[index] = String(number) }
        }
    }

    /// The cost, with a + if it excludes requests of unknown price; `nil`: unknown.
    var cost: String? {
        let isPartial = (unknownCost ?? 0) > 0
        return costUSD.flatMap { isPartial && $0 == 0 ? nil : Quantity.money($0) + (isPartial ? "+" : "") }
    }

    /// The sum of input and output tokens; `nil`: neither is known.
    var tokens: Int? {
        guard inputTokens != nil || outputTokens != nil else { return nil }
        return (inputTokens ?? 0).addingReportingOverflow(outputTokens ?? 0).partialValue
    }
}
