/// Vectors for a person: how many and how long, how each begins, and how like the first it is.
struct EmbedText {
    /// Numbers shown of each vector.
    private static let shown = 3

    let report: EmbedReport
    let inputs: [String]
    let style: Style

    func render() -> String {
        let count = report.vectors.count
        let facts: [String?] = [
            report.model.map { style.bold(oneLine($0)) },
            "\(count) vector\(count == 1 ? "" : "s")" + (report.dimensions.map { " of \(Quantity.count($0))" } ?? ""),
            report.inputTokens.map { "\(Quantity.count($0)) tokens" },
            report.costUSD.map(Quantity.money) ?? "cost unknown",
        ]
        let warnings = report.warnings.map { "\(style.yellow("warning:")) \(oneLine($0))\n" }.joined()
        return facts.compactMap(\.self).joined(separator: " · ") + "\n" + warnings + "\n" + table.render(style)
            + style.dim("A file or pipe gets the whole vectors.") + "\n"
    }

    private var table: Table {
        var table = Table([
            .init(title: "", alignment: .right), .init(title: "TEXT", minimum: 16),
            .init(title: "LIKE 1", alignment: .right), .init(title: "VECTOR", rank: 1),
        ])
        for (number, vector) in report.vectors.enumerated() {
            let beginning = vector.prefix(Self.shown).map { Quantity.fixed($0, 4) }.joined(separator: " ")
            let likeness = number == 0 ? nil : EmbedReport.likeness(report.vectors[0], vector)
            table.append([
                .init("\(number + 1)"), .init(number < inputs.count ? inputs[number] : ""),
                .init(likeness.map { Quantity.fixed($0, 3) } ?? ""),
                .init(beginning + (vector.count > Self.shown ? " …" : ""), paint: style.dim),
            ])
        }
        return table
    }
}
