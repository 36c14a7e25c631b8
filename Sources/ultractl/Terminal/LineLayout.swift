/// Where an edited text goes on a terminal of so many columns.
struct LineLayout: Equatable {
    struct Row: Equatable {
        /// The prompt, or what stands for it before the further lines of a text; empty where a line goes on.
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
                // A terminal goes to its next stop for a tab, which is where nobody can say.
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
        // Behind the last column there is no place for a cursor.
        if used >= columns {
            rows.append(Row())
            used = 0
        }
        (cursorRow, cursorColumn) = (rows.count - 1, used)
        put(buffer.after, &rows)
    }

    /// At most `height` rows, the cursor's among them.
    func window(_ height: Int) -> LineLayout {
        guard rows.count > height, height > 0 else { return self }
        let first = min(max(0, cursorRow - height / 2), rows.count - height)
        var part = self
        part.rows = Array(rows[first..<first + height])
        part.cursorRow = cursorRow - first
        return part
    }

    /// How many rows the cursor is below the first, on a terminal that broke these rows anew at `columns`.
    func cursorRow(at columns: Int) -> Int {
        let columns = max(1, columns)
        let above = rows[..<cursorRow].reduce(0) { $0 + max(1, ($1.columns + columns - 1) / columns) }
        return above + cursorColumn / columns
    }
}
