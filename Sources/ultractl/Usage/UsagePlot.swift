import UltraAPI

/// Formats a usage report as a plot: a bar for each row, or, by day or hour and a second key, a line for each value of
/// that key.
struct UsagePlot {
    let report: UsageReport
    /// The quantity to draw; `nil`: cost if any is known, else tokens, else requests.
    var measure: Usage.Measure?
    let style: Style

    /// The width without a terminal.
    private static let defaultColumns = 80
    private static let gap = 2

    func render() -> String {
        guard !report.rows.isEmpty else { return "No requests\(UsageTable.span(report)).\n" }
        let title = "\(chosen.rawValue) by \(report.keys.joined(separator: " and "))\(UsageTable.span(report))"
        let lines = dayIndex == nil || report.keys.count == 1 ? bars : lines
        let note =
            unknown > 0
            ? "the cost of \(Quantity.count(unknown)) request\(unknown == 1 ? "" : "s") is not known".wrapped(
                to: columns)
            : []
        return ([style.bold(title.clipped(to: columns))] + lines + note.map(style.dim)).map { $0 + "\n" }.joined()
    }

    private var columns: Int { style.columns ?? Self.defaultColumns }

    /// The index of the key that is a time; `nil`: none is.
    private var dayIndex: Int? { report.keys.firstIndex { $0 == "day" || $0 == "hour" } }

    private var chosen: Usage.Measure {
        if let measure { return measure }
        if report.rows.contains(where: { ($0.costUSD ?? 0) > 0 }) { return .cost }
        return report.rows.contains { ($0.tokens ?? 0) > 0 } ? .tokens : .requests
    }

    private var unknown: Int { chosen == .cost ? report.total.unknownCost ?? 0 : 0 }

    private func value(_ row: UsageReport.Row) -> Double {
        switch chosen {
        case .cost: row.costUSD ?? 0
        case .tokens: Double(row.tokens ?? 0)
        case .requests: Double(row.requests ?? 0)
        }
    }

    private func isKnown(_ row: UsageReport.Row) -> Bool { chosen != .cost || row.cost != nil }

    private func text(_ value: Double) -> String {
        chosen == .cost ? Quantity.money(value) : Quantity.count(Int(min(value, 1e18)))
    }

    private func name(_ row: UsageReport.Row, without left: Int? = nil) -> String {
        zip(report.keys, report.group(of: row)).enumerated().filter { $0.offset != left }
            .map { UsageTable.name($0.element.1, of: $0.element.0) }.joined(separator: " ")
    }

    // MARK: - Bars

    private var bars: [String] {
        let values = report.rows.map(value)
        let total = values.reduce(0, +)
        let isDays = report.keys == ["day"] || report.keys == ["hour"]
        return draw(
            zip(report.rows, values).map { row, value in
                let share = total > 0 && isKnown(row) ? "\(Quantity.fixed(value / total * 100, 0)) %" : ""
                return (name(row), [isKnown(row) ? text(value) : "–", isDays ? "" : share])
            }
        ) { index, columns in
            Graph.bar(value(report.rows[index]) / max(values.max() ?? 0, .leastNormalMagnitude), columns: columns)
        }
    }

    // MARK: - Lines

    private struct Series {
        var name: String
        var values: [Double?]
        var total: Double { values.reduce(0) { $0 + ($1 ?? 0) } }
    }

    private var lines: [String] {
        guard let dayIndex else { return [] }
        let days = Set(report.rows.map { report.group(of: $0)[dayIndex] }).sorted()
        var series: [Series] = []
        for row in report.rows {
            let name = name(row, without: dayIndex)
            let index = series.firstIndex { $0.name == name } ?? series.count
            if index == series.count { series.append(Series(name: name, values: days.map { _ in nil })) }
            guard let day = days.firstIndex(of: report.group(of: row)[dayIndex]) else { continue }
            series[index].values[day] = (series[index].values[day] ?? 0) + value(row)
        }
        series.sort { ($1.total, $0.name) < ($0.total, $1.name) }
        let total = series.reduce(0) { $0 + $1.total }
        let range = "\(days.first ?? "") … \(days.last ?? ""), each line scaled to its own maximum"
        return draw(
            series.map { line in
                let share = total > 0 ? "\(Quantity.fixed(line.total / total * 100, 0)) %" : ""
                return (line.name, [text(line.total), share])
            }
        ) { index, columns in
            // Each day gets the same number of columns, as many as fit.
            let width = max(1, min(8, columns / max(1, days.count)))
            return Graph.sparkline(
                series[index].values.flatMap { [Double?](repeating: $0, count: width) }, columns: columns)
        } + [style.dim(oneLine(range).clipped(to: columns))]
    }

    // MARK: - Layout

    /// Lays out lines of a name, a drawing and figures; the drawing gets the remaining width.
    ///
    /// - Parameter graph: draws the row with this index in at most so many columns.
    private func draw(_ rows: [(name: String, figures: [String])], _ graph: (Int, Int) -> String) -> [String] {
        let widths = (0..<2).map { figure in rows.reduce(0) { max($0, $1.figures[figure].columns) } }
        let figureColumns = widths.reduce(0) { $0 + ($1 > 0 ? $1 + Self.gap : 0) }
        let longest = rows.reduce(0) { max($0, oneLine($1.name).columns) }
        let nameColumns = min(longest, max(8, (columns - figureColumns) * 2 / 5))
        let drawings = rows.indices.map { graph($0, max(4, columns - figureColumns - nameColumns - Self.gap)) }
        let room = drawings.reduce(0) { max($0, $1.columns) }
        return rows.enumerated().map { index, row in
            let name = oneLine(row.name).clipped(to: nameColumns).padded(to: nameColumns)
            let drawing = drawings[index]
            let figures = zip(widths, row.figures).filter { $0.0 > 0 }.map { width, text in
                String(repeating: " ", count: Self.gap + width - text.columns) + text
            }
            let blanks = String(repeating: " ", count: max(0, room - drawing.columns))
            return "\(name)  \(style.green(drawing))\(blanks)\(figures.joined())".trimmingTrailingBlanks()
        }
    }
}
