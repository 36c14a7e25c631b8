/// The result of `status`.
package struct StatusReport: ReportValue {
    package struct Configuration: ReportValue {
        package var path: String?
        package var loadedAt: Timestamp?
        /// One sentence each.
        package var warnings: [String] = []

        package init() {}
    }

    package struct Connections: ReportValue {
        package var open: Int?
        package var byUser: [UInt32: Int] = [:]

        package init() {}
    }

    package struct Requests: ReportValue {
        package var inFlight: Int?
        package var queued: Int?
        /// Since the start of the daemon.
        package var total: Int?
        package var failed: Int?

        package init() {}
    }

    /// The recorded use since midnight UTC.
    package struct Today: ReportValue {
        package var requests: Int?
        package var inputTokens: Int?
        package var outputTokens: Int?
        package var costMicroUSD: Int?

        package init() {}
    }

    /// The service manager's watchdog, and times of the event loop.
    package struct Watchdog: ReportValue {
        package var isEnabled: Bool?
        /// Keep-alive messages to the service manager since the start.
        package var pings: Int?
        /// The delay of the event loop.
        package var lagMilliseconds: Double?
        /// The longest turn of the event loop since the start.
        package var longestTurnMilliseconds: Double?

        package init() {}
    }

    /// The memory held for clients, and its limit.
    package struct Memory: ReportValue {
        package var heldBytes: Int?
        package var limitBytes: Int?

        package init() {}
    }

    package var version: String?
    package var protocolVersion: Int?
    package var pid: Int?
    package var uptimeMilliseconds: Int?
    /// `running` or `draining`.
    package var state = "unknown"
    package var configuration = Configuration()
    package var providers: [ProviderReport] = []
    package var connections = Connections()
    package var requests = Requests()
    package var pool: [PoolReport] = []
    package var cache = CacheReport()
    package var today = Today()
    package var ledger = LedgerReport()
    package var probeSpendTodayMicroUSD: Int?
    package var rssBytes: Int?
    package var watchdog = Watchdog()
    package var memory = Memory()

    package init() {}
}

// MARK: - Wire

extension StatusReport {
    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("version", version)
        json.fieldOrNull("protocol", protocolVersion)
        json.fieldOrNull("pid", pid)
        json.fieldOrNull("uptime_ms", uptimeMilliseconds)
        json.field("state", state)
        json.field("config", configuration)
        json.array("providers", providers)
        json.field("connections", connections)
        json.field("requests", requests)
        json.array("pool", pool)
        json.field("cache", cache)
        json.field("today", today)
        json.field("ledger", ledger)
        json.microUSD("probe_spend_today_usd", probeSpendTodayMicroUSD)
        json.fieldOrNull("rss_bytes", rssBytes)
        json.field("watchdog", watchdog)
        json.field("memory", memory)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "version": version = try reader.stringOrNull()
            case "protocol": protocolVersion = try reader.intOrNull()
            case "pid": pid = try reader.intOrNull()
            case "uptime_ms": uptimeMilliseconds = try reader.intOrNull()
            case "state": state = try reader.string()
            case "config": configuration = try Configuration(&reader)
            case "providers": providers = try reader.array(of: ProviderReport.self)
            case "connections": connections = try Connections(&reader)
            case "requests": requests = try Requests(&reader)
            case "pool": pool = try reader.array(of: PoolReport.self)
            case "cache": cache = try CacheReport(&reader)
            case "today": today = try Today(&reader)
            case "ledger": ledger = try LedgerReport(&reader)
            case "probe_spend_today_usd": probeSpendTodayMicroUSD = try reader.microUSDOrNull()
            case "rss_bytes": rssBytes = try reader.intOrNull()
            case "watchdog": watchdog = try Watchdog(&reader)
            case "memory": memory = try Memory(&reader)
            default: try reader.skip()
            }
        }
    }
}

extension StatusReport.Configuration {
    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("path", path)
        json.fieldOrNull("loaded_at", loadedAt)
        json.strings("warnings", warnings)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "path": path = try reader.stringOrNull()
            case "loaded_at": loadedAt = try reader.timestampOrNull()
            case "warnings": warnings = try reader.strings()
            default: try reader.skip()
            }
        }
    }
}

extension StatusReport.Connections {
    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("open", open)
        json.key("by_uid")
        json.beginObject()
        for (uid, count) in byUser.sorted(by: { $0.key < $1.key }) {
            json.key("\(uid)")
            json.int(count)
        }
        json.endObject()
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "open": open = try reader.intOrNull()
            case "by_uid":
                try reader.members { (key, reader) throws(JSONError) in
                    guard let uid = UInt32(String(key)) else { return try reader.skip() }
                    byUser[uid] = try reader.int()
                }
            default: try reader.skip()
            }
        }
    }
}

extension StatusReport.Requests {
    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("in_flight", inFlight)
        json.fieldOrNull("queued", queued)
        json.fieldOrNull("total", total)
        json.fieldOrNull("failed", failed)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
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
}

extension StatusReport.Today {
    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("requests", requests)
        json.fieldOrNull("input_tokens", inputTokens)
        json.fieldOrNull("output_tokens", outputTokens)
        json.microUSD("cost_usd", costMicroUSD)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "requests": requests = try reader.intOrNull()
            case "input_tokens": inputTokens = try reader.intOrNull()
            case "output_tokens": outputTokens = try reader.intOrNull()
            case "cost_usd": costMicroUSD = try reader.microUSDOrNull()
            default: try reader.skip()
            }
        }
    }
}

extension StatusReport.Watchdog {
    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("enabled", isEnabled)
        json.fieldOrNull("pings", pings)
        json.fieldOrNull("lag_ms", lagMilliseconds)
        json.fieldOrNull("longest_turn_ms", longestTurnMilliseconds)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "enabled": isEnabled = try reader.boolOrNull()
            case "pings": pings = try reader.intOrNull()
            case "lag_ms": lagMilliseconds = try reader.doubleOrNull()
            case "longest_turn_ms": longestTurnMilliseconds = try reader.doubleOrNull()
            default: try reader.skip()
            }
        }
    }
}

extension StatusReport.Memory {
    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("held_bytes", heldBytes)
        json.fieldOrNull("limit_bytes", limitBytes)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "held_bytes": heldBytes = try reader.intOrNull()
            case "limit_bytes": limitBytes = try reader.intOrNull()
            default: try reader.skip()
            }
        }
    }
}
