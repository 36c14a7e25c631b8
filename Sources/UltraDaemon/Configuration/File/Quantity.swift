/// Parses durations, sizes and numbers of the configuration file, and formats them in the same form.
enum Quantity {
    private static let durations: [(unit: String, microseconds: Int64)] = [
        ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1000),
    ]
    private static let sizes: [(unit: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("GB", 1_000_000_000),
        ("MB", 1_000_000), ("kB", 1000),
        ("B", 1),
    ]

    /// Parses a duration such as `30s` or `1.5h`; nil: not a non-negative number with the unit `ms`, `s`, `m`, `h` or
    /// `d`.
    static func duration(_ text: String) -> Duration? {
        guard let (number, unit) = split(text), let scale = durations.first(where: { $0.unit == unit })?.microseconds,
            let microseconds = scaled(number, by: Double(scale))
        else { return nil }
        return .microseconds(Int64(microseconds))
    }

    /// Parses a size such as `16MiB` or `100 kB` into bytes; nil: not a non-negative number with a unit.
    static func bytes(_ text: String) -> Int? {
        guard let (number, unit) = split(text), let scale = sizes.first(where: { $0.unit == unit })?.bytes else {
            return nil
        }
        return scaled(number, by: Double(scale))
    }

    /// The duration in the largest unit that gives a whole number; seconds up to five minutes.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        guard microseconds != 0 else { return "0s" }
        // Skip days, hours and minutes for short durations: timeouts are usually given in seconds.
        let from = microseconds < 300_000_000 ? 3 : 0
        for (unit, scale) in durations[from...] where microseconds % scale == 0 {
            return "\(microseconds / scale)\(unit)"
        }
        return "\(Double(microseconds) / 1000)ms"
    }

    static func size(_ bytes: Int) -> String {
        for (unit, scale) in sizes[..<4] where bytes >= scale && bytes % scale == 0 { return "\(bytes / scale)\(unit)" }
        return "\(bytes)B"
    }

    static func text(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
    }

    /// A TOML basic string.
    @Sendable static func quoted(_ text: String) -> String {
        "\"\(text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined())\""
    }

    private static func split(_ text: String) -> (number: Double, unit: String)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        guard !digits.isEmpty, let number = Double(digits) else { return nil }
        return (number, String(text[digits.endIndex...].drop { $0 == " " }))
    }

    private static func scaled(_ number: Double, by scale: Double) -> Int? {
        let product = (number * scale).rounded()
        return product < 1e15 ? Int(product) : nil
    }
}
