import UltraAPI

/// Formats the screen of `top`: the daemon, three rates, a table, the last events, and the keys.
struct TopScreen {
    let counts: TopCounts
    let view: TopView
    let style: Style
    let columns: Int
    let rows: Int
    let now: Timestamp

    /// The width reserved for the numbers beside a sparkline.
    private static let factColumns = 40
    /// The widest sparkline.
    private static let graphLimit = 60
    private static let notesShown = 3

    /// The lines of the screen: at most `rows`, each of at most `columns`.
    func lines() -> [String] {
        let head = [headline] + rates + [""]
        let foot = [keys]
        var notes = counts.notes.suffix(Self.notesShown).map(note)
        if !notes.isEmpty { notes.insert("", at: 0) }
        let table = table.render(style).split(separator: "\n").map(String.init)
        var room = rows - head.count - foot.count - notes.count
        // On a low terminal, rows of the table are more useful than past events.
        if room < min(table.count, 4) {
            room += notes.count
            notes = []
        }
        let body = count == 0 ? [style.dim(nothing.clipped(to: columns))] : window(table, room)
        let blanks = [String](repeating: "", count: max(0, room - body.count))
        return Array((head + body + blanks + notes).prefix(max(0, rows - 1))) + foot.prefix(rows)
    }

    /// The titles and the rows from `view.offset` on, in at most `room` lines.
    private func window(_ table: [String], _ room: Int) -> [String] {
        guard room > 1, let titles = table.first else { return Array(table.prefix(max(0, room))) }
        let rows = table.dropFirst()
        let first = min(view.offset, max(0, rows.count - (room - 1)))
        return [titles] + rows.dropFirst(first).prefix(room - 1)
    }

    var count: Int { view.rows == .providers ? counts.status?.providers.count ?? 0 : counts.models.count }

    private var nothing: String {
        view.rows == .providers ? "No providers." : "No requests since top was started."
    }

    // MARK: - Header and footer

    private var headline: String {
        let state = counts.trouble ?? counts.status?.state ?? "?"
        let facts = [
            counts.status.flatMap(\.pid).map { "pid \($0)" },
            counts.status.flatMap(\.uptimeMilliseconds).map { "up \(Quantity.duration(milliseconds: Double($0)))" },
            counts.status.flatMap(\.rssBytes).map(Quantity.bytes),
        ].compactMap(\.self).map { " · \($0)" }.joined()
        let name = "ultrad \(oneLine(counts.status?.version ?? "?"))"
        let mark = view.isPaused ? " · paused" : ""
        let plain = "\(name) · \(oneLine(state))\(mark)\(facts)"
        guard plain.columns <= columns else { return plain.clipped(to: columns) }
        let clock = now.clock
        let gap = columns - plain.columns - clock.columns
        let painted = counts.trouble.map { style.red(oneLine($0)) } ?? style.state(oneLine(state))
        let end = gap >= 2 ? String(repeating: " ", count: gap) + style.dim(clock) : ""
        return "\(style.bold(name)) · \(painted)\(style.yellow(mark))\(facts)\(end)"
    }

    private var rates: [String] {
        let status = counts.status
        func fact(_ value: Int?, _ noun: String) -> String? { value.map { "\(Quantity.count($0)) \(noun)" } }
        return [
            rate(
                "requests", \.requests, style.green,
                [
                    fact(status?.requests.inFlight, "in flight"), fact(status?.requests.queued, "queued"),
                    fact(status?.requests.total, "total"),
                ]),
            rate("failed", \.failures, style.red, [fact(status?.requests.failed, "total")]),
            rate(
                "tokens", \.tokens, style.green,
                [
                    fact(status?.today.inputTokens, "in"), fact(status?.today.outputTokens, "out"),
                    status?.today.costMicroUSD.map { "\(Quantity.money(microUSD: $0)) today" },
                ]),
        ]
    }

    private func rate(
        _ name: String, _ value: KeyPath<TopCounts.Sample, Double>, _ paint: (String) -> String, _ facts: [String?]
    ) -> String {
        let values = counts.samples.map { $0[keyPath: value] }
        let now = Self.perSecond(values.last ?? 0)
        let label = name.padded(to: 10) + String(repeating: " ", count: max(0, 9 - now.columns)) + now + "  "
        let width = max(0, min(Self.graphLimit, columns - label.columns - Self.factColumns - 2))
        // At least 1 per second fills a line, so that a single request does not.
        let graph = Graph.sparkline(values, columns: width, ceiling: 1)
        let blanks = String(repeating: " ", count: max(0, width - graph.columns))
        let room = columns - label.columns - (width > 0 ? width + 2 : 0)
        let facts = facts.compactMap(\.self).joined(separator: ", ").clipped(to: room)
        let isQuiet = !values.suffix(width).contains { $0 > 0 }
        let front = width > 0 ? blanks + (isQuiet ? style.dim(graph) : paint(graph)) + "  " : ""
        return style.bold(label) + front + facts
    }

    private func note(_ note: TopCounts.Note) -> String {
        let text = "\(note.at.clock)  \(oneLine(note.text))".clipped(to: columns)
        return style.dim(String(text.prefix(8))) + text.dropFirst(8)
    }

    private var keys: String {
        let text =
            "q quit  s sort: \(view.order.rawValue)  p \(view.isPaused ? "resume" : "pause")  "
            + "← → \(view.rows == .providers ? "models" : "providers")  ↑ ↓ scroll"
        return style.dim(text.clipped(to: columns))
    }

    static func perSecond(_ value: Double) -> String {
        let value = min(max(0, value), 1e15)
        return (value < 99.95 ? Quantity.fixed(value, 1) : Quantity.count(Int(value))) + "/s"
    }

    // MARK: - The table

    private var table: Table { view.rows == .providers ? providers : models }

    /// A row of the table, with the values that rows are sorted by.
    private struct Line {
        var name: String
        var busy: Int
        var activity: Activity
        var cells: [Table.Cell]
    }

    private var graphColumns: Int { columns >= 140 ? 60 : 20 }

    private func activityColumns() -> [Table.Column] {
        [
            .init(title: "RATE", alignment: .right), .init(title: "FAILED", alignment: .right, rank: 2),
            .init(title: "MEDIAN", alignment: .right, rank: 1), .init(title: "RECENT", rank: 4),
        ]
    }

    private func cells(_ activity: Activity) -> [Table.Cell] {
        [
            .init(Self.perSecond(activity.rate)),
            .init(String(activity.failed)) { activity.failed > 0 ? style.red($0) : $0 },
            .init(activity.median.map { Quantity.duration(milliseconds: $0) } ?? ""),
            .init(Graph.sparkline(activity.rates, columns: graphColumns, ceiling: 1), paint: style.green),
        ]
    }

    private var providers: Table {
        var table = Table(
            [
                .init(title: "PROVIDER", minimum: 10), .init(title: "STATE"), .init(title: "BUSY", alignment: .right),
                .init(title: "QUEUED", alignment: .right, rank: 3),
            ] + activityColumns())
        let lines = (counts.status?.providers ?? []).map { provider in
            let activity = counts.providers[provider.id] ?? Activity()
            let wait = provider.retryAt?.wait(from: now).map { " \($0)" } ?? ""
            let busy = provider.inFlight ?? activity.busy
            return Line(
                name: provider.id, busy: busy, activity: activity,
                cells: [
                    .init(provider.id), .init(provider.state + wait) { style.state(provider.state, as: $0) },
                    .init("\(busy)\(provider.limit.map { "/\($0)" } ?? "")"),
                    .init(known: provider.queued.map { String($0) }),
                ] + cells(activity))
        }
        for line in sorted(lines) { table.append(line.cells) }
        return table
    }

    private var models: Table {
        var table = Table(
            [
                .init(title: "MODEL", minimum: 16), .init(title: "STATE", rank: 5),
                .init(title: "BUSY", alignment: .right), .init(title: "LAST", alignment: .right, rank: 3),
            ] + activityColumns())
        let lines = counts.models.map { name, activity in
            let state = counts.modelStates[name] ?? ""
            return Line(
                name: name, busy: activity.busy, activity: activity,
                cells: [
                    .init(name), .init(state) { style.state(state, as: $0) }, .init(String(activity.busy)),
                    .init(activity.lastAt.map { $0 == now ? "now" : "\($0.age(at: now)) ago" } ?? ""),
                ] + cells(activity))
        }
        for line in sorted(lines) { table.append(line.cells) }
        return table
    }

    private func sorted(_ lines: [Line]) -> [Line] {
        func value(_ line: Line) -> Double {
            switch view.order {
            case .name: 0
            case .busy: Double(line.busy)
            case .rate: line.activity.rate
            case .failed: Double(line.activity.failed)
            case .time: line.activity.median ?? 0
            }
        }
        return lines.sorted { (value($1), $0.name) < (value($0), $1.name) }
    }
}
