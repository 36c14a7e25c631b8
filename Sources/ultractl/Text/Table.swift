/// A table whose columns are as wide as their widest cells, or narrower where the line of the style is too short.
struct Table {
    enum Alignment {
        case left, right
    }

    /// The treatment of a text that is wider than its column.
    enum Overflow {
        case clip, wrap
    }

    struct Column {
        var title: String
        var alignment: Alignment = .left
        /// The column of the highest rank is hidden first where lines are too long; rank 0 is never hidden.
        var rank = 0
        /// The width to which it may shrink before a column is hidden; `nil`: it does not shrink.
        var minimum: Int?
        var overflow = Overflow.clip
    }

    /// One line of text and its colour.
    struct Cell: ExpressibleByStringLiteral {
        var text: String
        var paint: ((String) -> String)?

        init(_ text: String, paint: ((String) -> String)? = nil) {
            self.text = oneLine(text)
            self.paint = paint
        }

        /// A cell of a value that may be unknown; `nil` is shown as a dash.
        init(known text: String?) {
            self.init(text ?? "–")
        }

        init(stringLiteral text: String) {
            self.init(text)
        }
    }

    private static let gap = 2

    private let columns: [Column]
    private var rows: [[Cell]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row, which must have a cell for each column.
    mutating func append(_ row: [Cell]) {
        rows.append(row)
    }

    /// Formats the table as lines. Empty columns are hidden; without titles there is no line of titles.
    func render(_ style: Style) -> String {
        let layout = layout(style.columns)
        let titles = columns.contains { !$0.title.isEmpty } ? [columns.map { Cell($0.title, paint: style.bold) }] : []
        return (titles + rows).flatMap { lines($0, layout) }.map { $0 + "\n" }.joined()
    }

    /// The titles of the columns that are hidden because the line is too short.
    func hiddenTitles(_ style: Style) -> [String] {
        layout(style.columns).hidden.sorted().map { columns[$0].title }
    }

    // MARK: - Layout

    private struct Layout {
        var shown: [Int]
        var hidden: [Int] = []
        /// The width of each column, shown or hidden.
        var widths: [Int]

        var width: Int { shown.reduce(-gap) { $0 + widths[$1] + gap } }
    }

    /// Chooses the columns to show and their widths.
    ///
    /// 1. Each column gets the width of its widest cell.
    /// 2. If shrinking cannot make the line fit, the column of the highest rank is hidden, until it can.
    /// 3. Columns shrink until the line fits: wrapped ones before clipped ones, the widest first.
    private func layout(_ limit: Int?) -> Layout {
        var layout = Layout(
            shown: columns.indices.filter { column in rows.contains { !$0[column].text.isEmpty } },
            widths: columns.indices.map { column in
                rows.reduce(columns[column].title.columns) { max($0, $1[column].text.columns) }
            })
        guard let limit else { return layout }
        func slack(_ column: Int) -> Int { max(0, layout.widths[column] - (columns[column].minimum ?? .max)) }
        while layout.width > limit, layout.width - limit > layout.shown.reduce(0, { $0 + slack($1) }),
            let least = layout.shown.last(where: { column in
                columns[column].rank > 0 && !layout.shown.contains { columns[$0].rank > columns[column].rank }
            })
        {
            layout.shown.removeAll { $0 == least }
            layout.hidden.append(least)
        }
        // Wrapping keeps the whole text, so wrapped columns shrink before clipped ones.
        func gives(_ column: Int) -> (Int, Int) {
            (columns[column].overflow == .wrap ? 1 : 0, layout.widths[column])
        }
        while layout.width > limit,
            let widest = layout.shown.filter({ slack($0) > 0 }).max(by: { gives($0) < gives($1) })
        {
            layout.widths[widest] -= 1
        }
        return layout
    }

    private func lines(_ cells: [Cell], _ layout: Layout) -> [String] {
        let texts = layout.shown.map { column in
            switch columns[column].overflow {
            case .clip: [cells[column].text.clipped(to: layout.widths[column])]
            case .wrap: cells[column].text.wrapped(to: layout.widths[column])
            }
        }
        let height = texts.reduce(1) { max($0, $1.count) }
        return (0..<height).map { line in
            zip(layout.shown, texts).map { column, texts in
                let text = line < texts.count ? texts[line] : ""
                let blanks = String(repeating: " ", count: max(0, layout.widths[column] - text.columns))
                let painted = cells[column].paint?(text) ?? text
                return columns[column].alignment == .left ? painted + blanks : blanks + painted
            }.joined(separator: String(repeating: " ", count: Self.gap)).trimmingTrailingBlanks()
        }
    }
}
