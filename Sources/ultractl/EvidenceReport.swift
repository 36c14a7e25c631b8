import UltraAPI

/// One thing known of a model or provider from observation.
struct EvidenceReport: Equatable {
    /// `reachable`, `authorised`, `listed`, `generated`.
    var name: String
    /// `nil`: nobody has looked.
    var holds: Bool?
    var at: Timestamp?
    /// `probe` or `live`.
    var source: String?

    /// Reads an object of them, in its order.
    static func all(_ reader: inout JSONReader) throws(JSONError) -> [EvidenceReport] {
        var all: [EvidenceReport] = []
        try reader.members { (key, reader) throws(JSONError) in
            all.append(try EvidenceReport(name: String(key), &reader))
        }
        return all
    }

    private init(name: String, _ reader: inout JSONReader) throws(JSONError) {
        self.name = name
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "ok": holds = try reader.boolOrNull()
            case "at": at = try reader.timestampOrNull()
            case "by": source = try reader.stringOrNull()
            default: try reader.skip()
            }
        }
    }

    /// `yes`, `no` or `unknown`.
    var answer: String { holds.map { $0 ? "yes" : "no" } ?? "unknown" }
}

extension JSONReader {
    /// A time, if one is given that can be read.
    mutating func timestampOrNull() throws(JSONError) -> Timestamp? {
        try stringOrNull().flatMap { Timestamp($0) }
    }
}
