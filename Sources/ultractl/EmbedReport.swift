import UltraAPI

/// What `embed` answers.
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

    /// The vectors as the daemon wrote them, a line each.
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

    /// The cosine of the angle between two vectors, from -1 to 1; `nil`: they are not comparable.
    static func likeness(_ left: [Double], _ right: [Double]) -> Double? {
        guard left.count == right.count else { return nil }
        func product(_ left: [Double], _ right: [Double]) -> Double {
            zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let lengths = (product(left, left) * product(right, right)).squareRoot()
        return lengths > 0 && lengths.isFinite ? product(left, right) / lengths : nil
    }
}
