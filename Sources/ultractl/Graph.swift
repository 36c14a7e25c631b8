/// Numbers as blocks: bars that lie, and lines of bars that stand.
enum Graph {
    private static let lying: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]
    private static let standing: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// A bar of `share` of `columns`, in eighths; something that is not nothing is never invisible.
    static func bar(_ share: Double, columns: Int) -> String {
        guard share > 0, share.isFinite, columns > 0 else { return "" }
        let eighths = max(1, Int((min(share, 1) * Double(columns) * 8).rounded()))
        let rest = eighths % 8
        return String(repeating: "█", count: eighths / 8) + (rest == 0 ? "" : String(lying[rest - 1]))
    }

    /// A gauge with its frame filled: `███░░`.
    static func gauge(_ share: Double, columns: Int) -> String {
        let full = Int((max(0, min(share, 1)) * Double(columns)).rounded(.down))
        return String(repeating: "█", count: full) + String(repeating: "░", count: max(0, columns - full))
    }

    /// The last `columns` of `values`, the highest as high as a line; 0 is the lowest block, and what is missing blank.
    ///
    /// - Parameter ceiling: what is as high as a line, if more than the highest.
    static func sparkline(_ values: [Double?], columns: Int, ceiling: Double = 0) -> String {
        let shown = values.suffix(max(0, columns))
        let highest = max(ceiling, shown.reduce(0) { max($0, $1 ?? 0) })
        return String(
            shown.map { value in
                guard let value else { return " " }
                guard value > 0, highest > 0, value.isFinite else { return standing[0] }
                // The lowest block is nothing, so that a little can be told from it.
                return standing[min(7, 1 + Int(value / highest * 6.999))]
            })
    }
}
