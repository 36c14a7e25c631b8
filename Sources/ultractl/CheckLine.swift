/// What became of one check.
struct CheckLine {
    /// A provider or a model.
    var subject: String
    var check: String
    var mark: Mark
    var milliseconds: Double?
    /// What went wrong or is missing, and what to do about it.
    var trouble = ""

    /// The longest name of a check: that of `json_schema`.
    private static let checkColumns = 11
    /// Most times: `812 ms`, `59.9 s`.
    private static let timeColumns = 7

    /// One line; the trouble goes below it where it does not fit beside the rest.
    ///
    /// - Parameter subjectColumns: the width of the longest subject of the run.
    func render(_ style: Style, subjectColumns: Int) -> String {
        // The mark, and two blanks between each two.
        let rest = 1 + Self.checkColumns + Self.timeColumns + 6
        let width = min(subjectColumns, style.columns.map { max(12, $0 - rest) } ?? subjectColumns)
        let time = milliseconds.map { Quantity.duration(milliseconds: $0) } ?? ""
        let line = [
            mark.paint(mark.rawValue, style), oneLine(subject).clipped(to: width).padded(to: width),
            check.padded(to: Self.checkColumns), time.padded(to: Self.timeColumns),
        ].joined(separator: "  ")
        let trouble = oneLine(trouble)
        if let columns = style.columns, !trouble.isEmpty, width + rest + 2 + trouble.columns > columns {
            return ([line.trimmingTrailingBlanks()] + trouble.wrapped(to: columns - 3).map { "   " + $0 })
                .map { $0 + "\n" }.joined()
        }
        return "\(line)  \(trouble)".trimmingTrailingBlanks() + "\n"
    }
}
