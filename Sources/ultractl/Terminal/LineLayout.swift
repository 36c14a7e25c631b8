/// The rows of an edited text on a terminal of a given width, and the position of the cursor.
struct LineLayout: Equatable {
    struct Row: Equatable {
        /// The prompt of the first line, the continuation prompt of further lines; empty for the rest of a wrapped line.
        var prompt = ""
        var text = ""

        var columns: Int { prompt.columns + text.columns }
    }

    private(set) var rows: [Row]
    private(set) var cursorRow = 0
    private(set) var cursorColumn = 0

    init(_ buffer: EditBuffer, prompt: String, continuation: String, columns: Int) {
        let columns = max(4, columns)
        rows = [Row(prompt: prompt)]
        var used = prompt.columns
        func put(_ text: String, _ rows: inout [Row]) {
            for character in text {
                if character == "\n" {
                    rows.append(Row(prompt: continuation))
                    used = continuation.columns
                    continue
                }
                // The tab stops of the terminal are unknown: show a tab as four blanks.
                let shown = character == "\t" ? "    " : String(character)
                if used + shown.columns > columns {
                    rows.append(Row())
                    used = 0
                }
                rows[rows.count - 1].text += shown
                used += shown.columns
            }
        }
        put(buffer.before, &rows)
        // The cursor cannot stand behind the last column.
        if used >= columns {
            rows.append(Row())
            used = 0
        }
        (cursorRow, cursorColumn) = (rows.count - 1, used)
        put(buffer.after, &rows)
    }

    /// At most `height` of the rows, including that of the cursor.
    func window(_ height: Int) -> LineLayout {
        guard rows.count > height, height > 0 else { return self }
        let first = min(max(0, cursorRow - height / 2), rows.count - height)
        var part = self
        part.rows = Array(rows[first..<first + height])
        part.cursorRow = cursorRow - first
        return part
    }

    /// The row of the cursor after the terminal has wrapped these rows again at `columns`.
    func cursorRow(at columns: Int) -> Int {
        let columns = max(1, columns)
        let above = rows[..<cursorRow].reduce(0) { $0 + max(1, ($1.columns + columns - 1) / columns) }
        return above + cursorColumn / columns
    }
}
