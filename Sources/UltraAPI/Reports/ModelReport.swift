/// One model of the result of `models`.
package struct ModelReport: ReportValue {
    /// US dollars per million tokens.
    package struct Price: ReportValue {
        package var input: Double?
        package var cachedInput: Double?
        package var cacheWrite: Double?
        package var output: Double?

        package init() {}
    }

    /// The origin of each fact: `catalogue`, `discovery` or `configuration`; nil: the fact is not known.
    package struct Sources: ReportValue {
        package var kind: String?
        package var capabilities: String?
        package var contextWindow: String?
        package var maxOutputTokens: String?
        package var price: String?
        package var retiresOn: String?

        package init() {}
    }

    /// Recent times to the first token, in milliseconds.
    package struct Latency: ReportValue {
        /// The median.
        package var firstTokenP50: Double?
        package var firstTokenP95: Double?

        package init() {}
    }

    /// The recent failures of requests to the model.
    package struct Failures: ReportValue {
        package var consecutive: Int?
        /// The error code of the last failure.
        package var last: String?
        package var lastAt: Timestamp?

        package init() {}
    }

    /// `provider/name`.
    package var id = ""
    package var provider = ""
    package var name = ""
    package var displayName: String?
    package var aliases: [String] = []
    /// `chat`, `embeddings`, or `other` for models that are listed but not routed to.
    package var kind: String?
    /// A word of `Availability`.
    package var state = Availability.unknown.rawValue
    package var stateSince: Timestamp?
    package var retryAt: Timestamp?
    package var weight: Double?
    package var tags: [String] = []
    /// The protocol's words; nil: unknown.
    package var capabilities: [String]?
    /// The context window in tokens; nil: unknown.
    package var contextWindow: Int?
    /// The maximum length of an answer in tokens; nil: unknown.
    package var maxOutputTokens: Int?
    package var price: Price?
    /// The announced end of service, `YYYY-MM-DD` or `YYYY-MM`; nil: none is known.
    package var retiresOn: String?
    package var sources = Sources()
    package var evidence: [EvidenceReport] = []
    package var latency = Latency()
    package var failures = Failures()

    package init() {}

    /// True if the daemon would send requests to the model now.
    package var isUsable: Bool { Availability.isUsable(state) }
}

// MARK: - Wire

extension ModelReport {
    package func write(to json: inout JSONWriter) {
        json.field("id", id)
        json.field("provider", provider)
        json.field("name", name)
        json.fieldIfPresent("display_name", displayName)
        json.strings("aliases", aliases)
        json.fieldOrNull("kind", kind)
        json.field("state", state)
        json.fieldOrNull("state_since", stateSince)
        json.fieldOrNull("retry_at", retryAt)
        json.fieldOrNull("weight", weight)
        json.strings("tags", tags)
        json.strings("capabilities", capabilities ?? [])
        json.fieldOrNull("context_window", contextWindow)
        json.fieldOrNull("max_output_tokens", maxOutputTokens)
        json.fieldOrNull("price", price)
        json.fieldIfPresent("retires_on", retiresOn)
        json.field("source", sources)
        json.evidence(evidence)
        json.field("latency_ms", latency)
        json.field("failures", failures)
    }

    /// Adds the members of a model in a long list: only those with a value, without sources, evidence and latency.
    package func writeBriefly(to json: inout JSONWriter) {
        json.field("id", id)
        json.field("provider", provider)
        json.field("name", name)
        json.fieldIfPresent("display_name", displayName)
        if !aliases.isEmpty { json.strings("aliases", aliases) }
        json.fieldIfPresent("kind", kind)
        json.field("state", state)
        json.fieldIfPresent("retry_at", retryAt)
        if weight != 1 { json.fieldIfPresent("weight", weight) }
        if !tags.isEmpty { json.strings("tags", tags) }
        if let capabilities { json.strings("capabilities", capabilities) }
        json.fieldIfPresent("context_window", contextWindow)
        json.fieldIfPresent("max_output_tokens", maxOutputTokens)
        if let price { json.field("price", price) }
        json.fieldIfPresent("retires_on", retiresOn)
        if failures.last != nil { json.field("failures", failures) }
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "id": id = try reader.string()
            case "provider": provider = try reader.string()
            case "name": name = try reader.string()
            case "display_name": displayName = try reader.stringOrNull()
            case "aliases": aliases = try reader.strings()
            case "kind": kind = try reader.stringOrNull()
            case "state": state = try reader.string()
            case "state_since": stateSince = try reader.timestampOrNull()
            case "retry_at": retryAt = try reader.timestampOrNull()
            case "weight": weight = try reader.doubleOrNull()
            case "tags": tags = try reader.strings()
            case "capabilities": capabilities = try reader.strings()
            case "context_window": contextWindow = try reader.intOrNull()
            case "max_output_tokens": maxOutputTokens = try reader.intOrNull()
            case "price": price = try reader.valueOrNull(Price.self)
            case "retires_on": retiresOn = try reader.stringOrNull()
            case "source": sources = try Sources(&reader)
            case "evidence": evidence = try EvidenceReport.all(&reader)
            case "latency_ms": latency = try Latency(&reader)
            case "failures": failures = try Failures(&reader)
            default: try reader.skip()
            }
        }
    }
}

extension ModelReport.Price {
    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("input_usd_per_mtok", input)
        json.fieldOrNull("cached_input_usd_per_mtok", cachedInput)
        json.fieldIfPresent("cache_write_usd_per_mtok", cacheWrite)
        json.fieldOrNull("output_usd_per_mtok", output)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "input_usd_per_mtok": input = try reader.doubleOrNull()
            case "cached_input_usd_per_mtok": cachedInput = try reader.doubleOrNull()
            case "cache_write_usd_per_mtok": cacheWrite = try reader.doubleOrNull()
            case "output_usd_per_mtok": output = try reader.doubleOrNull()
            default: try reader.skip()
            }
        }
    }
}

extension ModelReport.Sources {
    package func write(to json: inout JSONWriter) {
        json.fieldIfPresent("kind", kind)
        json.fieldIfPresent("capabilities", capabilities)
        json.fieldIfPresent("context_window", contextWindow)
        json.fieldIfPresent("max_output_tokens", maxOutputTokens)
        json.fieldIfPresent("price", price)
        json.fieldIfPresent("retires_on", retiresOn)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "kind": kind = try reader.stringOrNull()
            case "capabilities": capabilities = try reader.stringOrNull()
            case "context_window": contextWindow = try reader.stringOrNull()
            case "max_output_tokens": maxOutputTokens = try reader.stringOrNull()
            case "price": price = try reader.stringOrNull()
            case "retires_on": retiresOn = try reader.stringOrNull()
            default: try reader.skip()
            }
        }
    }
}

extension ModelReport.Latency {
    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("first_token_p50", firstTokenP50)
        json.fieldOrNull("first_token_p95", firstTokenP95)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "first_token_p50": firstTokenP50 = try reader.doubleOrNull()
            case "first_token_p95": firstTokenP95 = try reader.doubleOrNull()
            default: try reader.skip()
            }
        }
    }
}

extension ModelReport.Failures {
    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("consecutive", consecutive)
        json.fieldOrNull("last", last)
        json.fieldIfPresent("last_at", lastAt)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "consecutive": consecutive = try reader.intOrNull()
            case "last": last = try reader.stringOrNull()
            case "last_at": lastAt = try reader.timestampOrNull()
            default: try reader.skip()
            }
        }
    }
}
