/// Rows for a spreadsheet (RFC 4180, with plain newlines); what is not known is empty.
struct UsageCSV {
    let report: UsageReport

    func render() -> String {
        let titles =
            report.keys + [
                "requests", "failed", "input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens",
                "cost_usd", "unknown_cost", "first_token_p50_ms", "total_p50_ms",
            ]
        return ([titles] + report.rows.map(fields)).map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
    }

    private func fields(_ row: UsageReport.Row) -> [String] {
        func text(_ value: Int?) -> String { value.map { String($0) } ?? "" }
        func text(_ value: Double?, _ digits: Int) -> String { value.map { Quantity.fixed($0, digits) } ?? "" }
        return row.group + [
            text(row.requests), text(row.failed), text(row.inputTokens), text(row.outputTokens),
            text(row.cachedInputTokens), text(row.reasoningTokens), text(row.costUSD, 6), text(row.unknownCost),
            text(row.firstTokenP50, 1), text(row.totalP50, 1),
        ]
    }

    private static func quoted(_ field: String) -> String {
        let isPlain = !field.unicodeScalars.contains { [",", "\"", "\n", "\r"].contains($0) }
        guard !isPlain else { return field }
        return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
