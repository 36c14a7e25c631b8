import UltraAPI

/// One provider of the `result` of `status`. A field that the daemon leaves out is `nil`.
struct ProviderReport {
    struct Probe {
        var at: Timestamp?
        var hasPassed: Bool?
        var milliseconds: Double?
        /// The error code of a failed probe.
        var error: String?
    }

    var id = ""
    var state = "unknown"
    var models: Int?
    var available: Int?
    /// `set`, `missing` or `refused`.
    var key: String?
    /// The environment variables that may hold the key.
    var keyVariables: [String] = []
    var endpoint: String?
    var inFlight: Int?
    var queued: Int?
    var limit: Int?
    var retryAt: Timestamp?
    var evidence: [EvidenceReport] = []
    var lastProbe: Probe?
    var nextProbeAt: Timestamp?
    /// The message of the last failure.
    var lastError: String?

    init(id: String) {
        self.id = id
    }

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "id": id = try reader.string()
            case "state": state = try reader.string()
            case "models": models = try reader.intOrNull()
            case "available": available = try reader.intOrNull()
            case "key": self.key = try reader.stringOrNull()
            case "key_variables": keyVariables = try reader.strings()
            case "endpoint": endpoint = try reader.stringOrNull()
            case "in_flight": inFlight = try reader.intOrNull()
            case "queued": queued = try reader.intOrNull()
            case "limit": limit = try reader.intOrNull()
            case "retry_at": retryAt = try reader.timestampOrNull()
            case "evidence": evidence = try EvidenceReport.all(&reader)
            case "last_probe": lastProbe = try Probe(&reader)
            case "next_probe_at": nextProbeAt = try reader.timestampOrNull()
            case "last_error": lastError = try reader.stringOrNull()
            default: try reader.skip()
            }
        }
    }

    /// True if the daemon would send requests to it now.
    var isUsable: Bool { ["available", "degraded", "loading", "unknown"].contains(state) }

    /// The problem and its remedy; `nil`: no problem is known.
    var advice: String? {
        if state == "needs_key", !keyVariables.isEmpty {
            return "set \(keyVariables.joined(separator: " or ")) in the environment of ultrad, and restart it"
        }
        if state == "unauthorized" {
            return [lastError, "give ultrad another key and restart it"].compactMap(\.self).joined(separator: "; ")
        }
        return isUsable ? nil : lastError
    }
}

extension ProviderReport.Probe {
    fileprivate init?(_ reader: inout JSONReader) throws(JSONError) {
        guard try reader.kind() != .null else {
            try reader.null()
            return nil
        }
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "at": at = try reader.timestampOrNull()
            case "ok": hasPassed = try reader.boolOrNull()
            case "ms": milliseconds = try reader.doubleOrNull()
            case "error": error = try reader.stringOrNull()
            default: try reader.skip()
            }
        }
    }
}

/// One observation about a model or provider.
struct EvidenceReport: Equatable {
    /// `reachable`, `authorised`, `listed`, `generated`.
    var name: String
    /// True if it was observed to hold; `nil`: never observed.
    var holds: Bool?
    var at: Timestamp?
    /// `probe` or `live`.
    var source: String?

    /// Reads the object `evidence`, and keeps the order of its members.
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
    /// Reads a time; `nil`: null, or not in the protocol's format.
    mutating func timestampOrNull() throws(JSONError) -> Timestamp? {
        try stringOrNull().flatMap { Timestamp($0) }
    }
}
