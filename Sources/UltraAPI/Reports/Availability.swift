/// The state of a model or a provider as clients see it. The raw values are the protocol's words.
package enum Availability: String, Sendable, CaseIterable {
    case available, degraded, loading, unauthorized, unavailable, unknown, disabled
    case rateLimited = "rate_limited"
    case quotaExceeded = "quota_exceeded"
    case needsKey = "needs_key"

    /// True if a request sent now may succeed.
    package var isUsable: Bool {
        switch self {
        case .available, .degraded, .loading, .unknown: true
        case .unauthorized, .unavailable, .disabled, .rateLimited, .quotaExceeded, .needsKey: false
        }
    }

    /// True if a request sent now may succeed; false for a state that this version does not know.
    /// - Parameter word: A state as a report has it.
    package static func isUsable(_ word: String) -> Bool { Availability(rawValue: word)?.isUsable ?? false }
}

/// One observation about a model or a provider.
package struct EvidenceReport: Sendable, Equatable {
    /// `reachable`, `authorised`, `listed` or `generated`.
    package var name: String
    /// True if it was observed to hold, false if it was observed not to; nil: not observed yet.
    package var holds: Bool?
    package var at: Timestamp?
    /// `probe` or `live`.
    package var source: String?

    package init(name: String, holds: Bool? = nil, at: Timestamp? = nil, source: String? = nil) {
        self.name = name
        self.holds = holds
        self.at = at
        self.source = source
    }

    /// Reads the object `evidence`, and keeps the order of its members.
    static func all(_ reader: inout JSONReader) throws(JSONError) -> [EvidenceReport] {
        var all: [EvidenceReport] = []
        try reader.members { (key, reader) throws(JSONError) in
            var item = EvidenceReport(name: String(key))
            try reader.members { (key, reader) throws(JSONError) in
                switch key {
                case "ok": item.holds = try reader.boolOrNull()
                case "at": item.at = try reader.timestampOrNull()
                case "by": item.source = try reader.stringOrNull()
                default: try reader.skip()
                }
            }
            all.append(item)
        }
        return all
    }
}

extension JSONWriter {
    /// Writes the member `evidence`.
    mutating func evidence(_ all: [EvidenceReport]) {
        key("evidence")
        beginObject()
        for item in all {
            key(item.name)
            beginObject()
            fieldOrNull("ok", item.holds)
            fieldOrNull("at", item.at)
            fieldOrNull("by", item.source)
            endObject()
        }
        endObject()
    }
}
