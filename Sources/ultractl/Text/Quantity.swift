/// Formats numbers for a person: three significant digits and a unit.
enum Quantity {
    /// `45`, `12.3 k`, `1.05 M`.
    static func count(_ value: Int) -> String {
        abs(value) < 10_000 ? String(value) : scaled(Double(value), by: 1000, units: ["", "k", "M", "G", "T"])
    }

    /// `812 B`, `17.9 MiB`.
    static func bytes(_ value: Int) -> String {
        scaled(Double(value), by: 1024, units: ["B", "KiB", "MiB", "GiB", "TiB"])
    }

    /// `312 ms`, `4.2 s`, `3 min 5 s`, `2 h 14 min`, `12 d 3 h`.
    static func duration(milliseconds: Double) -> String {
        // From each bound on, rounding would show 10.0 ms, 1000 ms and 60.0 s.
        if milliseconds < 9.95 { return "\(fixed(milliseconds, 1)) ms" }
        if milliseconds < 999.5 { return "\(fixed(milliseconds, 0)) ms" }
        if milliseconds < 59_950 { return "\(fixed(milliseconds / 1000, 1)) s" }
        let seconds = Int((min(milliseconds, 1e15) / 1000).rounded())
        return switch seconds {
        case ..<3600: "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
    }

    /// `42 s`, and from one minute on as `duration(milliseconds:)`.
    static func duration(seconds: Int) -> String {
        seconds < 60 ? "\(seconds) s" : duration(milliseconds: Double(seconds) * 1000)
    }

    static func duration(_ value: Duration) -> String {
        duration(milliseconds: Double(value.milliseconds))
    }

    /// US dollars: `$12.40`, `$0.000080`. Amounts below $0.10 keep two significant digits.
    static func money(_ usd: Double) -> String {
        guard usd > 0, usd < 0.1 else { return "$\(fixed(usd, 2))" }
        var digits = 2
        var scaled = usd * 100
        while scaled < 10, digits < 9 {
            digits += 1
            scaled *= 10
        }
        return "$\(fixed(usd, digits))"
    }

    /// An amount of money in millionths of a US dollar.
    static func money(microUSD: Int) -> String { money(Double(microUSD) / 1e6) }

    /// `value` with `digits` decimals, rounded half away from zero.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        var power = 1.0
        for _ in 0..<digits { power *= 10 }
        let rounded = (value * power).rounded()
        guard rounded.magnitude < 1e18 else { return String(value) }
        let whole = Int(rounded.magnitude)
        let sign = rounded < 0 ? "-" : ""
        guard digits > 0 else { return sign + String(whole) }
        let text = String(whole)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
    }

    /// Three significant digits of `value`, in the largest unit that gives at least 1.
    private static func scaled(_ value: Double, by step: Double, units: [String]) -> String {
        var value = value
        var unit = 0
        // 999.5 would be rounded to 1000 of the smaller unit.
        while value.magnitude >= 999.5, unit < units.count - 1 {
            value /= step
            unit += 1
        }
        let digits = unit == 0 || value.magnitude >= 99.95 ? 0 : value.magnitude >= 9.995 ? 1 : 2
        let number = fixed(value, digits)
        return units[unit].isEmpty ? number : "\(number) \(units[unit])"
    }
}

/// Draws numbers as block characters: horizontal bars and sparklines.
enum Graph {
    /// Blocks of one to eight eighths of a column.
    private static let horizontal: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]
    /// Blocks of one to eight eighths of a line.
    private static let vertical: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// A bar of `share` (0 to 1) of `columns`; a positive share gets at least one eighth of a column.
    static func bar(_ share: Double, columns: Int) -> String {
        guard share > 0, share.isFinite, columns > 0 else { return "" }
        let eighths = max(1, Int((min(share, 1) * Double(columns) * 8).rounded()))
        let rest = eighths % 8
        return String(repeating: "█", count: eighths / 8) + (rest == 0 ? "" : String(horizontal[rest - 1]))
    }

    /// A gauge, `███░░` for a share of 0.6 and 5 columns.
    static func gauge(_ share: Double, columns: Int) -> String {
        let full = Int((max(0, min(share, 1)) * Double(columns)).rounded(.down))
        return String(repeating: "█", count: full) + String(repeating: "░", count: max(0, columns - full))
    }

    /// A sparkline of the last `columns` values: 0 is the lowest block, the maximum a full block, `nil` a blank.
    ///
    /// - Parameter ceiling: the value of a full block, if it is greater than the maximum.
    static func sparkline(_ values: [Double?], columns: Int, ceiling: Double = 0) -> String {
        let shown = values.suffix(max(0, columns))
        let highest = max(ceiling, shown.reduce(0) { max($0, $1 ?? 0) })
        return String(
            shown.map { value in
                guard let value else { return " " }
                guard value > 0, highest > 0, value.isFinite else { return vertical[0] }
                // The lowest block is reserved for 0, so that a small value differs from it.
                return vertical[min(7, 1 + Int(value / highest * 6.999))]
            })
    }
}
