import UltraAPI

/// One model of the `result` of `models`. A field that the daemon leaves out is `nil`.
struct ModelReport {
    /// US dollars per million tokens.
    struct Price {
        var input: Double?
        var cachedInput: Double?
        var cacheWrite: Double?
        var output: Double?
    }

    struct Failures {
        var consecutive: Int?
        /// The error code of the last failure.
        var last: String?
        var lastAt: Timestamp?
    }

    var id = ""
    var provider = ""
    var name = ""
    var displayName: String?
    var aliases: [String] = []
    /// `chat`, `embeddings`, or `other` for models that are listed but not routed to.
    var kind: String?
    var state = "unknown"
    var stateSince: Timestamp?
    var retryAt: Timestamp?
    var weight: Double?
    var tags: [String] = []
    var capabilities: [String] = []
    var contextWindow: Int?
    var maxOutputTokens: Int?
    var price: Price?
    var retiresOn: String?
    var isMock = false
    /// The source of each fact, by field: `catalogue`, `discovery` or `configuration`.
    var source: [String: String] = [:]
    var evidence: [EvidenceReport] = []
    /// Median time to the first token, in milliseconds.
    var firstTokenP50: Double?
    /// 95th percentile of the time to the first token, in milliseconds.
    var firstTokenP95: Double?
    var failures = Failures()

    init() {}

    init(_ reader: inout JSONReader) throws(JSONError) {
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
            case "price": price = try Price(&reader)
            case "retires_on": retiresOn = try reader.stringOrNull()
            case "mock": isMock = try reader.boolOrNull() ?? false
            case "source":
                try reader.members { (key, reader) throws(JSONError) in
                    source[String(key)] = try reader.stringOrNull()
                }
            case "evidence": evidence = try EvidenceReport.all(&reader)
            case "latency_ms": try readLatency(&reader)
            case "failures": failures = try Failures(&reader)
            default: try reader.skip()
            }
        }
    }

    private mutating func readLatency(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "first_token_p50": firstTokenP50 = try reader.doubleOrNull()
            case "first_token_p95": firstTokenP95 = try reader.doubleOrNull()
            default: try reader.skip()
            }
        }
    }

    /// True if the daemon would send requests to it now.
    var isUsable: Bool {
        ["available", "degraded", "loading", "unknown"].contains(state)
    }
}

extension ModelReport.Price {
    fileprivate init?(_ reader: inout JSONReader) throws(JSONError) {
        guard try reader.kind() != .null else {
            try reader.null()
            return nil
        }
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

extension ModelReport.Failures {
    fileprivate init(_ reader: inout JSONReader) throws(JSONError) {
        self.init()
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

/// The `result` of `models`.
struct ModelList {
    var models: [ModelReport] = []
    /// The id of the default model.
    var defaultModel: String?

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "models": models = try reader.elements { (reader) throws(JSONError) in try ModelReport(&reader) }
            case "default": defaultModel = try reader.stringOrNull()
            default: try reader.skip()
            }
        }
    }

    /// Finds the models that `name` means: the one with that id or alias, else all with that name at any provider.
    func named(_ name: String) -> [ModelReport] {
        if let exact = models.first(where: { $0.id == name }) ?? models.first(where: { $0.aliases.contains(name) }) {
            return [exact]
        }
        return models.filter { $0.name == name }
    }

    /// Finds the one model that `name` means.
    ///
    /// - Throws: `.notFound` if there is none or more than one.
    func only(_ name: String) throws(Failure) -> ModelReport {
        let found = named(name)
        guard let model = found.first else {
            throw .notFound("there is no model \(name)", hint: "see: ultractl models --all")
        }
        guard found.count == 1 else {
            let ids = found.map(\.id).joined(separator: ", ")
            throw .notFound("several providers have \(name)", hint: "name one of \(ids)")
        }
        return model
    }

    /// The JSON object of a model as the daemon sent it, as one line with its newline; empty: no model has this id.
    static func object(of id: String, _ reader: inout JSONReader) throws(JSONError) -> [UInt8] {
        var found: [UInt8] = []
        try reader.members { (key, reader) throws(JSONError) in
            guard "models" ~= key else { return try reader.skip() }
            let objects = try reader.elements { (reader) throws(JSONError) in try reader.rawJSON() }
            for object in objects where found.isEmpty {
                let model = try JSONReader.read(object.bytes) { (reader) throws(JSONError) in try ModelReport(&reader) }
                if model.id == id { found = object.line }
            }
        }
        return found
    }
}

extension RawJSON {
    /// The value as one line with its newline; line ends between its parts become spaces.
    var line: [UInt8] {
        bytes.map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? UInt8(ascii: " ") : $0 }
            + [UInt8(ascii: "\n")]
    }
}
