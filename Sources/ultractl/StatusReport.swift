import UltraAPI

/// What `status` tells of the daemon. Fields a daemon leaves out are `nil`.
struct StatusReport {
    struct Provider {
        var id = ""
        var state = "unknown"
        var models: Int?
        var available: Int?
        var key: String?
        var endpoint: String?
        var inFlight: Int?
        var queued: Int?
        var limit: Int?
        var retryAt: String?
    }

    var version: String?
    var pid: Int?
    var uptimeMilliseconds: Double?
    var state = "unknown"
    var rssBytes: Int?
    var configurationPath: String?
    var configurationWarnings: [String] = []
    var providers: [Provider] = []
    var openConnections: Int?
    var inFlight: Int?
    var queued: Int?
    var total: Int?
    var failed: Int?
    var isCacheEnabled: Bool?
    var cacheHits: Int?
    var cacheMisses: Int?
    var cacheSavedUSD: Double?
    var requestsToday: Int?
    var inputTokensToday: Int?
    var outputTokensToday: Int?
    var costTodayUSD: Double?

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
                providers = try reader.elements { (reader) throws(JSONError) in try Provider(&reader) }
            case "connections":
                try reader.members { (key, reader) throws(JSONError) in
                    switch key {
                    case "open": openConnections = try reader.intOrNull()
                    default: try reader.skip()
                    }
                }
            case "requests": try readRequests(&reader)
            case "cache": try readCache(&reader)
            case "today": try readToday(&reader)
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

    private mutating func readCache(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "enabled": isCacheEnabled = try reader.boolOrNull()
            case "hits": cacheHits = try reader.intOrNull()
            case "misses": cacheMisses = try reader.intOrNull()
            case "saved_usd": cacheSavedUSD = try reader.doubleOrNull()
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

extension StatusReport.Provider {
    init(_ reader: inout JSONReader) throws(JSONError) {
        self.init()
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "id": id = try reader.string()
            case "state": state = try reader.string()
            case "models": models = try reader.intOrNull()
            case "available": available = try reader.intOrNull()
            case "key": self.key = try reader.stringOrNull()
            case "endpoint": endpoint = try reader.stringOrNull()
            case "in_flight": inFlight = try reader.intOrNull()
            case "queued": queued = try reader.intOrNull()
            case "limit": limit = try reader.intOrNull()
            case "retry_at": retryAt = try reader.stringOrNull()
            default: try reader.skip()
            }
        }
    }
}
