import UltraAPI

extension UsageReport {
    /// - Parameter keys: those that were asked for.
    init(_ reader: inout JSONReader, keys: [String]) throws(JSONError) {
        try self.init(&reader)
        self.keys = keys
    }

    /// The values of the keys in a row, in the order of the keys; empty: unknown.
    func group(of row: Row) -> [String] { keys.map(row.value) }

    /// The sum of all rows; medians cannot be summed and stay `nil`.
    var total: Row {
        func sum(_ value: KeyPath<Row, Int?>) -> Int? {
            let known = rows.compactMap { $0[keyPath: value] }
            return known.isEmpty ? nil : known.reduce(0) { $0.addingReportingOverflow($1).partialValue }
        }
        var total = Row()
        total.requests = sum(\.requests)
        total.failed = sum(\.failed)
        total.inputTokens = sum(\.inputTokens)
        total.outputTokens = sum(\.outputTokens)
        total.cachedInputTokens = sum(\.cachedInputTokens)
        total.reasoningTokens = sum(\.reasoningTokens)
        total.cacheWriteTokens = sum(\.cacheWriteTokens)
        total.unknownCost = sum(\.unknownCost)
        total.unknownTokens = sum(\.unknownTokens)
        total.costMicroUSD = sum(\.costMicroUSD)
        return total
    }
}

extension UsageReport.Row {
    /// The value of `key`, a word of `UsageKey`; empty: unknown. A user or group always has a number, and a name if the
    /// system knows one.
    func value(of key: String) -> String {
        let value: String? =
            switch UsageKey(rawValue: key) {
            case .model: names.model
            case .provider: names.provider
            case .user: names.user ?? names.uid.map { String($0) }
            case .group: names.group ?? names.gid.map { String($0) }
            case .program: names.program
            case .operation: names.operation
            case .day: names.day
            case .hour: names.hour?.text
            case .outcome: names.outcome
            case .tag: names.tag
            case nil: nil
            }
        return value ?? ""
    }

    var costUSD: Double? { costMicroUSD.map { Double($0) / 1e6 } }

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
