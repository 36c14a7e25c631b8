import UltraAPI

/// What `usage` answers. Numbers a daemon leaves out or does not know are `nil`.
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
        /// Requests whose price is not known; `costUSD` is that of the others.
        var unknownCost: Int?
        /// Requests whose tokens are not known.
        var unknownTokens: Int?
        var firstTokenP50: Double?
        var totalP50: Double?
    }

    /// What the rows are summed up by.
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

    /// All rows as one: what adds up.
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
        // A user and a group have a number, and a name where the system knows one.
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

    /// The cost as a person reads it; a + says that it is more.
    var cost: String? {
        let isPartial = (unknownCost ?? 0) > 0
        return costUSD.flatMap { isPartial && $0 == 0 ? nil : Quantity.money($0) + (isPartial ? "+" : "") }
    }

    /// Tokens read and written.
    var tokens: Int? {
        guard inputTokens != nil || outputTokens != nil else { return nil }
        return (inputTokens ?? 0).addingReportingOverflow(outputTokens ?? 0).partialValue
    }
}
