/// A model id split into its base and a final date, number or `-latest`.
///
/// Examples: `gpt-4o-2024-08-06`, `claude-opus-4-5-20251101`, `command-a-03-2025`, `mistral-small-2603`,
/// `gemini-2.0-flash-001`. Four digits are read as a year from 2020 on and a month. The four digits of `gpt-4-0613` are
/// a month and a day: such ids are not split, because those models had prices of their own.
struct Snapshot {
    let base: Substring
    /// Later snapshots of one base have greater values; `-latest` has the greatest.
    let order: Int

    var isLatest: Bool { order == .max }

    init?(_ id: some StringProtocol & RangeReplaceableCollection) {
        let parts = Substring(id).pieces(between: "-")
        let found: (words: Int, order: Int)? =
            switch parts.last {
            case "latest": (1, .max)
            case let last?:
                Self.date(last).map { (1, $0) } ?? Self.dashedDate(parts) ?? Self.monthAndYear(parts)
                    ?? Self.digits(last, 3).map { (1, $0) }
            case nil: nil
            }
        guard let found, parts.count > found.words else { return nil }
        base = Substring(parts.dropLast(found.words).joined(separator: "-"))
        order = found.order
    }

    /// Parses `20251101` or `2603`.
    private static func date(_ part: Substring) -> Int? {
        if let number = digits(part, 8) {
            return isDate(number / 10_000, number / 100 % 100, number % 100) ? number : nil
        }
        guard let number = digits(part, 4), isDate(2000 + number / 100, number % 100, 1) else { return nil }
        return (200_000 + number) * 100
    }

    /// Parses `2024-08-06`.
    private static func dashedDate(_ parts: [Substring]) -> (words: Int, order: Int)? {
        guard parts.count > 3, let year = digits(parts[parts.count - 3], 4),
            let month = digits(parts[parts.count - 2], 2), let day = digits(parts[parts.count - 1], 2),
            isDate(year, month, day)
        else { return nil }
        return (3, (year * 100 + month) * 100 + day)
    }

    /// Parses `03-2025`.
    private static func monthAndYear(_ parts: [Substring]) -> (words: Int, order: Int)? {
        guard parts.count > 2, let month = digits(parts[parts.count - 2], 2),
            let year = digits(parts[parts.count - 1], 4), isDate(year, month, 1)
        else { return nil }
        return (2, (year * 100 + month) * 100)
    }

    private static func isDate(_ year: Int, _ month: Int, _ day: Int) -> Bool {
        (2020...2049).contains(year) && (1...12).contains(month) && (1...31).contains(day)
    }

    private static func digits(_ part: Substring, _ count: Int) -> Int? {
        guard part.utf8.count == count, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(part)
    }
}
