import UltraAPI

/// What `status` tells of the daemon. Fields a daemon leaves out are `nil`.
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
