/// Durations as HTTP header fields and error bodies write them.
package enum Durations {
    /// Parses a sequence of numbers with units (`6m0s`, `7.66s`, `20ms`, `1h2m3s`; the format of Go's `time.Duration`)
    /// or plain seconds (`12`, `0.5`).
    /// - Returns: milliseconds, rounded up; nil if the text is not a duration, is negative or longer than 366 days.
    package static func milliseconds(_ text: String) -> Int? {
        if let seconds = Double(text) { return rounded(seconds * 1000) }
        var total = 0.0
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest[digits.endIndex...]
            let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            rest = rest[unit.endIndex...]
            guard let number = Double(digits), let scale = scale(of: unit) else { return nil }
            total += number * scale
        }
        return rounded(total)
    }

    /// Rounds milliseconds up to a whole number; nil if negative or longer than 366 days.
    static func rounded(_ milliseconds: Double) -> Int? {
        let longest = 366.0 * 86_400_000
        return (0...longest).contains(milliseconds) ? Int(milliseconds.rounded(.up)) : nil
    }

    private static func scale(of unit: Substring) -> Double? {
        switch unit {
        case "d": 86_400_000
        case "h": 3_600_000
        case "m": 60_000
        case "s": 1000
        case "ms": 1
        case "us", "µs", "μs": 0.001
        case "ns": 0.000_001
        default: nil
        }
    }
}
