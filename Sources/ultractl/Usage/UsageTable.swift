import UltraAPI

/// Formats a usage report as a table: a row for each group, and the total.
struct UsageTable {
    let report: UsageReport
    let style: Style

    func render() -> String {
        guard !report.rows.isEmpty else { return "No requests\(Self.span(report)).\n" }
        let table = table
        let hidden = table.hiddenTitles(style)
        var notes: [String] = []
        if let count = report.total.unknownCost, count > 0 {
            notes.append("the cost of \(Quantity.count(count)) request\(count == 1 ? "" : "s") is not known")
        }
        if let count = report.total.unknownTokens, count > 0 {
            notes.append("the tokens of \(Quantity.count(count)) request\(count == 1 ? "" : "s") are not known")
        }
        if !hidden.isEmpty { notes.append("hidden columns: \(hidden.joined(separator: ", ")) (--csv has them)") }
        let lines = notes.flatMap { $0.wrapped(to: style.columns ?? .max) }.map { style.dim($0) + "\n" }
        return table.render(style) + (lines.isEmpty ? "" : "\n" + lines.joined())
    }

    private var table: Table {
        var table = Table(
            report.keys.map { .init(title: $0.uppercased(), minimum: 12) } + [
                .init(title: "REQUESTS", alignment: .right), .init(title: "FAILED", alignment: .right, rank: 1),
                .init(title: "IN", alignment: .right), .init(title: "OUT", alignment: .right),
                .init(title: "CACHED", alignment: .right, rank: 4),
                .init(title: "REASONING", alignment: .right, rank: 5), .init(title: "COST", alignment: .right),
                .init(title: "FIRST TOKEN", alignment: .right, rank: 3),
                .init(title: "TOTAL", alignment: .right, rank: 2),
            ])
        for row in report.rows {
            let names = zip(report.keys, report.group(of: row)).map { Table.Cell(Self.name($1, of: $0)) }
            table.append(names + cells(row, paint: nil))
        }
        if report.rows.count > 1 {
            let names = report.keys.indices.map { Table.Cell($0 == 0 ? "total" : "", paint: style.bold) }
            table.append(names + cells(report.total, paint: style.bold))
        }
        return table
    }

    private func cells(_ row: UsageReport.Row, paint: ((String) -> String)?) -> [Table.Cell] {
        func cell(_ text: String?) -> Table.Cell { .init(text ?? "–", paint: paint) }
        let hasFailed = (row.failed ?? 0) > 0
        return [
            cell(row.requests.map(Quantity.count)),
            .init(row.failed.map(Quantity.count) ?? "–") { hasFailed ? style.red($0) : paint?($0) ?? $0 },
            cell(row.inputTokens.map(Quantity.count)), cell(row.outputTokens.map(Quantity.count)),
            cell(row.cachedInputTokens.map(Quantity.count)), cell(row.reasoningTokens.map(Quantity.count)),
            cell(row.cost),
            .init(row.firstTokenP50.map { Quantity.duration(milliseconds: $0) } ?? ""),
            .init(row.totalP50.map { Quantity.duration(milliseconds: $0) } ?? ""),
        ]
    }

    /// The value of a group key as the table shows it.
    static func name(_ value: String, of key: String) -> String {
        guard !value.isEmpty else { return key == "tag" ? "(no tag)" : "(unknown)" }
        // `2026-11-24T20:00:00Z` becomes `2026-11-24 20:00`: minutes and seconds of an hour are 0.
        return key == "hour" && value.count >= 16 ? "\(value.prefix(10)) \(value.dropFirst(11).prefix(5))" : value
    }

    /// ` from 2026-11-24 20:00 until 2026-11-25 20:00 UTC`, the period that the daemon reports.
    static func span(_ report: UsageReport) -> String {
        func short(_ time: Timestamp) -> String { "\(time.date) \(time.text.dropFirst(11).prefix(5))" }
        let parts = [report.since.map { " from \(short($0))" }, report.until.map { " until \(short($0))" }]
        let text = parts.compactMap(\.self).joined()
        return text.isEmpty ? "" : oneLine(text) + " UTC"
    }
}

/// Formats a usage report as CSV (RFC 4180, but with LF as the line end); an unknown value is an empty field.
struct UsageCSV {
    let report: UsageReport

    func render() -> String {
        let titles =
            report.keys + [
                "requests", "failed", "input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens",
                "reasoning_tokens", "unknown_tokens", "cost_usd", "unknown_cost", "first_token_p50_ms", "total_p50_ms",
            ]
        return ([titles] + report.rows.map(fields)).map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
    }

    private func fields(_ row: UsageReport.Row) -> [String] {
        func text(_ value: Int?) -> String { value.map { String($0) } ?? "" }
        func text(_ value: Double?, _ digits: Int) -> String { value.map { Quantity.fixed($0, digits) } ?? "" }
        return report.group(of: row) + [
            text(row.requests), text(row.failed), text(row.inputTokens), text(row.outputTokens),
            text(row.cachedInputTokens), text(row.cacheWriteTokens), text(row.reasoningTokens),
            text(row.unknownTokens), text(row.costUSD, 6), text(row.unknownCost),
            text(row.firstTokenP50, 1), text(row.totalP50, 1),
        ]
    }

    private static func quoted(_ field: String) -> String {
        let isPlain = !field.unicodeScalars.contains { [",", "\"", "\n", "\r"].contains($0) }
        guard !isPlain else { return field }
        return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
