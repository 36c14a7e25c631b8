import UltraAPI

/// The `result` of `embed`.
struct EmbedReport {
    var model: String?
    var vectors: [[Double]] = []
    var dimensions: Int?
    var inputTokens: Int?
    var costUSD: Double?
    var warnings: [String] = []

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "model": model = try reader.stringOrNull()
            case "embeddings":
                vectors = try reader.elements { (reader) throws(JSONError) in
                    try reader.elements { (reader) throws(JSONError) in try reader.double() }
                }
            case "dimensions": dimensions = try reader.intOrNull()
            case "usage":
                try reader.members { (key, reader) throws(JSONError) in
                    switch key {
                    case "input_tokens": inputTokens = try reader.intOrNull()
                    default: try reader.skip()
                    }
                }
            case "cost_usd": costUSD = try reader.doubleOrNull()
            case "warnings": warnings = try reader.strings()
            default: try reader.skip()
            }
        }
    }

    /// The vectors as the daemon sent them, one line of JSON each.
    static func lines(_ reader: inout JSONReader) throws(JSONError) -> [UInt8] {
        var lines: [UInt8] = []
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "embeddings":
                lines = try reader.elements { (reader) throws(JSONError) in try reader.rawJSON().line }.flatMap(\.self)
            default: try reader.skip()
            }
        }
        return lines
    }

    /// The cosine similarity of two vectors, from -1 to 1; `nil`: different dimensions, or a vector of length 0.
    static func cosine(_ left: [Double], _ right: [Double]) -> Double? {
        guard left.count == right.count else { return nil }
        func product(_ left: [Double], _ right: [Double]) -> Double {
            zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let lengths = (product(left, left) * product(right, right)).squareRoot()
        return lengths > 0 && lengths.isFinite ? product(left, right) / lengths : nil
    }
}

/// Formats embeddings as a table: the beginning of each vector, and its cosine similarity to the first.
struct EmbedText {
    /// The number of elements shown of each vector.
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
            + style.dim("COSINE compares with vector 1. A file or pipe gets whole vectors.") + "\n"
    }

    private var table: Table {
        var table = Table([
            .init(title: "", alignment: .right), .init(title: "TEXT", minimum: 16),
            .init(title: "COSINE", alignment: .right), .init(title: "VECTOR", rank: 1),
        ])
        for (number, vector) in report.vectors.enumerated() {
            let beginning = vector.prefix(Self.shown).map { Quantity.fixed($0, 4) }.joined(separator: " ")
            let cosine = number == 0 ? nil : EmbedReport.cosine(report.vectors[0], vector)
            table.append([
                .init("\(number + 1)"), .init(number < inputs.count ? inputs[number] : ""),
                .init(cosine.map { Quantity.fixed($0, 3) } ?? ""),
                .init(beginning + (vector.count > Self.shown ? " …" : ""), paint: style.dim),
            ])
        }
        return table
    }
}
