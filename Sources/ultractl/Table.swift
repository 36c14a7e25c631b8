/// Rows under headings, each column as wide as its widest cell.
struct Table {
    enum Alignment {
        case left, right
    }

    struct Column {
        var title: String
        var alignment: Alignment = .left
    }

    /// A text and how to paint it once it is padded.
    struct Cell: ExpressibleByStringLiteral {
        var text: String
        var paint: ((String) -> String)?

        init(_ text: String, paint: ((String) -> String)? = nil) {
            self.text = printable(text)
            self.paint = paint
        }

        /// A value that may not be known, which is shown as a dash.
        init(known text: String?) {
            self.init(text ?? "–")
        }

        init(stringLiteral text: String) {
            self.init(text)
        }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row, which has a cell for each column.
    mutating func append(_ row: [Cell]) {
        rows.append(row)
    }

    /// The table as lines. Columns in which no row has anything are left out.
    func render(_ style: Style) -> String {
        let shown = columns.indices.filter { column in rows.contains { !$0[column].text.isEmpty } }
        let widths = columns.indices.map { column in
            rows.reduce(columns[column].title.count) { max($0, $1[column].text.count) }
        }
        func line(_ cells: [Cell]) -> String {
            shown.map { column in
                let cell = cells[column]
                let blanks = String(repeating: " ", count: widths[column] - cell.text.count)
                let text = cell.paint?(cell.text) ?? cell.text
                return columns[column].alignment == .left ? text + blanks : blanks + text
            }.joined(separator: "  ").trimmingTrailingBlanks() + "\n"
        }
        return ([columns.map { Cell($0.title, paint: style.bold) }] + rows).map(line).joined()
    }
}

extension String {
    fileprivate func trimmingTrailingBlanks() -> String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
