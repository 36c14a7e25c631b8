/// One provider of the result of `status`.
package struct ProviderReport: ReportValue {
    /// The last probe of the provider.
    package struct Probe: ReportValue {
        package var at: Timestamp?
        package var hasPassed: Bool?
        package var milliseconds: Double?
        /// The error code of a failed probe.
        package var error: String?

        package init() {}
    }

    package var id = ""
    /// The display name, such as `OpenAI`.
    package var name: String?
    /// A word of `Availability`.
    package var state = Availability.unknown.rawValue
    package var stateSince: Timestamp?
    /// The number of listed models.
    package var models: Int?
    /// The number of models that would get requests now.
    package var available: Int?
    /// `set`, `missing` or `refused`.
    package var key: String?
    /// The environment variables that may hold the key.
    package var keyVariables: [String] = []
    package var endpoint: String?
    /// Requests at the provider now.
    package var inFlight: Int?
    /// Requests in the provider's queue.
    package var queued: Int?
    /// The maximum number of concurrent requests.
    package var limit: Int?
    /// The end of a cool-down, or the next trial of an open circuit breaker; nil: there is none.
    package var retryAt: Timestamp?
    package var evidence: [EvidenceReport] = []
    package var lastProbe: Probe?
    package var nextProbeAt: Timestamp?
    /// A sentence about the last failure.
    package var lastError: String?
    /// One sentence for each notice.
    package var notices: [String] = []

    package init(id: String) {
        self.id = id
    }

    /// True if the daemon would send requests to the provider now.
    package var isUsable: Bool { Availability.isUsable(state) }
}

// MARK: - Wire

extension ProviderReport {
    package func write(to json: inout JSONWriter) {
        json.field("id", id)
        json.fieldOrNull("name", name)
        json.field("state", state)
        json.fieldOrNull("state_since", stateSince)
        json.fieldOrNull("models", models)
        json.fieldOrNull("available", available)
        json.fieldOrNull("key", key)
        json.strings("key_variables", keyVariables)
        json.fieldOrNull("endpoint", endpoint)
        json.fieldOrNull("in_flight", inFlight)
        json.fieldOrNull("queued", queued)
        json.fieldOrNull("limit", limit)
        json.fieldOrNull("retry_at", retryAt)
        json.evidence(evidence)
        json.fieldOrNull("last_probe", lastProbe)
        json.fieldOrNull("next_probe_at", nextProbeAt)
        json.fieldOrNull("last_error", lastError)
        if !notices.isEmpty { json.strings("notices", notices) }
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "id": id = try reader.string()
            case "name": name = try reader.stringOrNull()
            case "state": state = try reader.string()
            case "state_since": stateSince = try reader.timestampOrNull()
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
            case "last_probe": lastProbe = try reader.valueOrNull(Probe.self)
            case "next_probe_at": nextProbeAt = try reader.timestampOrNull()
            case "last_error": lastError = try reader.stringOrNull()
            case "notices": notices = try reader.strings()
            default: try reader.skip()
            }
        }
    }
}

extension ProviderReport.Probe {
    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("at", at)
        json.fieldOrNull("ok", hasPassed)
        json.fieldOrNull("ms", milliseconds)
        json.fieldOrNull("error", error)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
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
