import UltraAPI

/// The `result` of `status`. A field that the daemon leaves out is `nil`.
struct StatusReport {
    var version: String?
    var pid: Int?
    var uptimeMilliseconds: Double?
    var state = "unknown"
    var rssBytes: Int?
    var configurationPath: String?
    var configurationWarnings: [String] = []
    var providers: [ProviderReport] = []
    var pool: [PoolReport] = []
    var openConnections: Int?
    var inFlight: Int?
    var queued: Int?
    var total: Int?
    var failed: Int?
    var cache = CacheReport()
    var requestsToday: Int?
    var inputTokensToday: Int?
    var outputTokensToday: Int?
    var costTodayUSD: Double?
    var probeSpendTodayUSD: Double?

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "version": version = try reader.stringOrNull()
            case "pid": pid = try reader.intOrNull()
            case "uptime_ms": uptimeMilliseconds = try reader.doubleOrNull()
            case "state": state = try reader.string()
            case "rss_bytes": rssBytes = try reader.intOrNull()
            case "config": try readConfiguration(&reader)
            case "providers":
                providers = try reader.elements { (reader) throws(JSONError) in try ProviderReport(&reader) }
            case "pool": pool = try reader.elements { (reader) throws(JSONError) in try PoolReport(&reader) }
            case "connections":
                try reader.members { (key, reader) throws(JSONError) in
                    switch key {
                    case "open": openConnections = try reader.intOrNull()
                    default: try reader.skip()
                    }
                }
            case "requests": try readRequests(&reader)
            case "cache": cache = try CacheReport(&reader)
            case "today": try readToday(&reader)
            case "probe_spend_today_usd": probeSpendTodayUSD = try reader.doubleOrNull()
            default: try reader.skip()
            }
        }
    }

    private mutating func readConfiguration(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "path": configurationPath = try reader.stringOrNull()
            case "warnings": configurationWarnings = try reader.strings()
            default: try reader.skip()
            }
        }
    }

    private mutating func readRequests(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "in_flight": inFlight = try reader.intOrNull()
            case "queued": queued = try reader.intOrNull()
            case "total": total = try reader.intOrNull()
            case "failed": failed = try reader.intOrNull()
            default: try reader.skip()
            }
        }
    }

    private mutating func readToday(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "requests": requestsToday = try reader.intOrNull()
            case "input_tokens": inputTokensToday = try reader.intOrNull()
            case "output_tokens": outputTokensToday = try reader.intOrNull()
            case "cost_usd": costTodayUSD = try reader.doubleOrNull()
            default: try reader.skip()
            }
        }
    }
}

/// The member `cache` of `status`. A field that the daemon leaves out is `nil`.
struct CacheReport {
    var isEnabled: Bool?
    var hits: Int?
    var misses: Int?
    var coalesced: Int?
    var entries: Int?
    var bytes: Int?
    /// Answers in the cache's file, which survive a restart.
    var fileEntries: Int?
    var fileBytes: Int?
    var savedUSD: Double?

    init() {}

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "enabled": isEnabled = try reader.boolOrNull()
            case "hits": hits = try reader.intOrNull()
            case "misses": misses = try reader.intOrNull()
            case "coalesced": coalesced = try reader.intOrNull()
            case "entries": entries = try reader.intOrNull()
            case "bytes": bytes = try reader.intOrNull()
            case "disk_entries": fileEntries = try reader.intOrNull()
            case "disk_bytes": fileBytes = try reader.intOrNull()
            case "saved_usd": savedUSD = try reader.doubleOrNull()
            default: try reader.skip()
            }
        }
    }
}

/// One element of the member `pool` of `status`: the connections to one host.
struct PoolReport {
    var host = ""
    /// `h2` or `http/1.1`; `nil`: no connection was made yet.
    var httpVersion: String?
    var open: Int?
    var idle: Int?
    var handshakes: Int?
    /// Requests that used a connection which was already open.
    var reused: Int?

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "host": host = try reader.string()
            case "protocol": httpVersion = try reader.stringOrNull()
            case "open": open = try reader.intOrNull()
            case "idle": idle = try reader.intOrNull()
            case "handshakes": handshakes = try reader.intOrNull()
            case "reused": reused = try reader.intOrNull()
            default: try reader.skip()
            }
        }
    }
}
