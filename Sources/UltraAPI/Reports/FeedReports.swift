/// An event of the topic `health`: the state of a model or a provider changed.
package struct HealthEvent: ReportValue {
    package var provider: String?
    /// nil: the state of the whole provider.
    package var model: String?
    /// Words of `Availability`.
    package var from: String?
    package var to: String?
    package var reason: String?
    package var evidence: [EvidenceReport] = []

    package init() {}

    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("provider", provider)
        json.fieldOrNull("model", model)
        json.fieldOrNull("from", from)
        json.fieldOrNull("to", to)
        json.fieldOrNull("reason", reason)
        json.evidence(evidence)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "provider": provider = try reader.stringOrNull()
            case "model": model = try reader.stringOrNull()
            case "from": from = try reader.stringOrNull()
            case "to": to = try reader.stringOrNull()
            case "reason": reason = try reader.stringOrNull()
            case "evidence": evidence = try EvidenceReport.all(&reader)
            default: try reader.skip()
            }
        }
    }
}

/// An event of the topic `registry`: the configuration was read again.
package struct RegistryEvent: ReportValue {
    /// `reload`.
    package var reason: String?
    /// Keys of the configuration.
    package var changed: [String] = []
    /// Ids of providers.
    package var added: [String] = []
    package var removed: [String] = []

    package init() {}

    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("reason", reason)
        json.strings("changed", changed)
        json.strings("added", added)
        json.strings("removed", removed)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "reason": reason = try reader.stringOrNull()
            case "changed": changed = try reader.strings()
            case "added": added = try reader.strings()
            case "removed": removed = try reader.strings()
            default: try reader.skip()
            }
        }
    }
}

/// An event of the topic `requests`.
package struct RequestEvent: ReportValue {
    package enum Phase: Sendable, Equatable {
        case began
        case ended(error: String?, milliseconds: Double?)
        /// A phase that this version does not know, by its word; nil: the event has no phase.
        case other(String?)
    }

    package var phase: Phase
    /// The number of the request, unique in the daemon's run.
    package var request: Int?
    package var model: String?
    package var uid: Int?

    package init(_ phase: Phase, request: Int? = nil, model: String? = nil, uid: Int? = nil) {
        self.phase = phase
        self.request = request
        self.model = model
        self.uid = uid
    }

    package func write(to json: inout JSONWriter) {
        switch phase {
        case .began: json.field("phase", "began")
        case .ended: json.field("phase", "ended")
        case .other(let word): json.fieldOrNull("phase", word)
        }
        json.fieldOrNull("request", request)
        json.fieldOrNull("model", model)
        json.fieldOrNull("uid", uid)
        guard case .ended(let error, let milliseconds) = phase else { return }
        json.fieldOrNull("error", error)
        json.fieldOrNull("ms", milliseconds)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        self.init(.other(nil))
        var word: String?
        var error: String?
        var milliseconds: Double?
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "phase": word = try reader.stringOrNull()
            case "request": request = try reader.intOrNull()
            case "model": model = try reader.stringOrNull()
            case "uid": uid = try reader.intOrNull()
            case "error": error = try reader.stringOrNull()
            case "ms": milliseconds = try reader.doubleOrNull()
            default: try reader.skip()
            }
        }
        switch word {
        case "began": phase = .began
        case "ended": phase = .ended(error: error, milliseconds: milliseconds)
        default: phase = .other(word)
        }
    }
}

/// The data of the snapshot that begins a subscription.
package struct SnapshotReport: ReportValue {
    package var providers: [ProviderReport] = []
    package var models: [ModelReport] = []

    package init() {}

    package func write(to json: inout JSONWriter) {
        Self.write(providers, models: .array(of: models), to: &json)
    }

    /// - Parameter models: The encoded array.
    package static func write(_ providers: [ProviderReport], models: RawJSON, to json: inout JSONWriter) {
        json.array("providers", providers)
        json.field("models", models)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "providers": providers = try reader.array(of: ProviderReport.self)
            case "models": models = try reader.array(of: ModelReport.self)
            default: try reader.skip()
            }
        }
    }
}
