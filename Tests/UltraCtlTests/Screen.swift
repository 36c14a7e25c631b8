@testable import ultractl

/// A terminal emulator with the control sequences that `ultractl` uses; others are recorded in `unknown`.
struct Screen {
    private(set) var columns: Int
    private(set) var rows: Int
    private(set) var row = 0
    private(set) var column = 0
    private(set) var isAlternate = false
    private(set) var isCursorHidden = false
    private(set) var takesPastes = false
    /// The control sequences that it does not know.
    private(set) var unknown: [String] = []
    /// A wide character is followed by an empty cell.
    private var cells: [[String]]
    private var main: [[String]] = []
    private var pending: [Character] = []

    init(columns: Int, rows: Int) {
        (self.columns, self.rows) = (columns, rows)
        cells = Self.blank(columns, rows)
    }

    private static func blank(_ columns: Int, _ rows: Int) -> [[String]] {
        Array(repeating: Array(repeating: " ", count: columns), count: rows)
    }

    var lines: [String] { cells.map { $0.joined().trimmingTrailingBlanks() } }

    /// The lines up to the last one that is not empty.
    var text: String {
        var lines = lines
        while lines.last == "" { lines.removeLast() }
        return lines.joined(separator: "\n")
    }

    /// Changes the size, and cuts off the rest, as xterm does.
    mutating func resize(columns: Int, rows: Int) {
        let old = cells
        (self.columns, self.rows) = (columns, rows)
        cells = Self.blank(columns, rows)
        for row in 0..<min(rows, old.count) {
            for column in 0..<min(columns, old[row].count) { cells[row][column] = old[row][column] }
        }
        (row, column) = (min(row, rows - 1), min(column, columns - 1))
    }

    mutating func write(_ text: String) {
        // CR LF is one Character in Swift, and two controls for a terminal.
        for character in text {
            if character == "\r\n" {
                take("\r")
                take("\n")
            } else {
                take(character)
            }
        }
    }

    private mutating func take(_ character: Character) {
        guard pending.isEmpty else {
            pending.append(character)
            if pending.count == 2 && character != "[" { return end() }
            if pending.count > 2, ("@"..."~").contains(character) { end() }
            return
        }
        switch character {
        case "\u{1B}": pending = [character]
        case "\r": column = 0
        case "\n": lineFeed()
        case "\u{8}": column = max(0, column - 1)
        default: put(character)
        }
    }

    private mutating func put(_ character: Character) {
        let width = character.columns
        // A column behind the last one means that the next character goes to the next line.
        if column + width > columns {
            column = 0
            lineFeed()
        }
        guard width > 0 else { return }
        cells[row][column] = String(character)
        if width == 2 { cells[row][column + 1] = "" }
        column += width
    }

    private mutating func lineFeed() {
        if row < rows - 1 {
            row += 1
        } else {
            cells.removeFirst()
            cells.append(Array(repeating: " ", count: columns))
        }
    }

    private mutating func end() {
        let sequence = String(pending.dropFirst())
        let last = pending[pending.count - 1]
        pending = []
        guard sequence.hasPrefix("[") else { return unknown.append(sequence) }
        let parameters = sequence.dropFirst().dropLast()
        let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        let count = max(1, numbers.first ?? 1)
        switch (last, parameters.first) {
        case ("h", "?"), ("l", "?"): mode(parameters.dropFirst(), last == "h")
        case ("A", _): row = max(0, row - count)
        case ("B", _): row = min(rows - 1, row + count)
        case ("C", _): column = min(columns - 1, column + count)
        case ("D", _): column = max(0, column - count)
        case ("H", _): (row, column) = (min(rows, count) - 1, min(columns, max(1, numbers.dropFirst().first ?? 1)) - 1)
        case ("K", _): eraseLine()
        case ("J", _) where numbers.first == 2: cells = Self.blank(columns, rows)
        case ("J", _):
            eraseLine()
            for row in row + 1..<max(row + 1, rows) { cells[row] = Array(repeating: " ", count: columns) }
        case ("m", _): break
        default: unknown.append(sequence)
        }
    }

    /// Behind the last column the cursor still stands on it, as xterm has it.
    private mutating func eraseLine() {
        for column in min(column, columns - 1)..<columns { cells[row][column] = " " }
    }

    private mutating func mode(_ number: Substring, _ isOn: Bool) {
        switch number {
        case "25": isCursorHidden = !isOn
        case "2004": takesPastes = isOn
        case "7": break
        case "1049":
            if isOn, !isAlternate { main = cells }
            cells = isOn ? Self.blank(columns, rows) : main
            isAlternate = isOn
        default: unknown.append("?\(number)")
        }
    }
}
