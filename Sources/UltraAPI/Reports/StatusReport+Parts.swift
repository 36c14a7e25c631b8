/// The member `cache` of `status`: the answer cache since the start of the daemon.
package struct CacheReport: ReportValue {
    package var isEnabled: Bool?
    package var hits: Int?
    package var misses: Int?
    /// Requests that joined an equal one in flight.
    package var coalesced: Int?
    package var entries: Int?
    package var bytes: Int?
    /// Answers in the cache's file, which survive a restart.
    package var fileEntries: Int?
    package var fileBytes: Int?
    package var savedMicroUSD: Int?

    package init() {}

    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("enabled", isEnabled)
        json.fieldOrNull("hits", hits)
        json.fieldOrNull("misses", misses)
        json.fieldOrNull("coalesced", coalesced)
        json.fieldOrNull("entries", entries)
        json.fieldOrNull("bytes", bytes)
        json.fieldOrNull("disk_entries", fileEntries)
        json.fieldOrNull("disk_bytes", fileBytes)
        json.microUSD("saved_usd", savedMicroUSD)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
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
            case "saved_usd": savedMicroUSD = try reader.microUSDOrNull()
            default: try reader.skip()
            }
        }
    }
}

/// The member `ledger` of `status`.
package struct LedgerReport: ReportValue {
    /// `recording`, `off` or `failing`.
    package var state: String?
    package var path: String?
    /// Rows that are not on the disk yet.
    package var pending: Int?
    /// Rows that could not be written.
    package var lost: Int?
    /// The reason for `off` or `failing`.
    package var error: String?
    /// The time since which it fails.
    package var since: Timestamp?

    package init() {}

    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("state", state)
        json.fieldOrNull("path", path)
        json.fieldOrNull("pending", pending)
        json.fieldOrNull("lost", lost)
        json.fieldOrNull("error", error)
        json.fieldOrNull("since", since)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "state": state = try reader.stringOrNull()
            case "path": path = try reader.stringOrNull()
            case "pending": pending = try reader.intOrNull()
            case "lost": lost = try reader.intOrNull()
            case "error": error = try reader.stringOrNull()
            case "since": since = try reader.timestampOrNull()
            default: try reader.skip()
            }
        }
    }
}

/// One element of the member `pool` of `status`: the connections to one host.
package struct PoolReport: ReportValue {
    package var host = ""
    /// Open connections, idle ones included.
    package var open: Int?
    package var idle: Int?
    package var handshakes: Int?
    /// Requests that used a connection which was already open.
    package var reused: Int?
    /// `h2` or `http/1.1`; nil: no connection was made yet.
    package var httpVersion: String?
    package var resolvedAt: Timestamp?

    package init() {}

    package func write(to json: inout JSONWriter) {
        json.field("host", host)
        json.fieldOrNull("open", open)
        json.fieldOrNull("idle", idle)
        json.fieldOrNull("handshakes", handshakes)
        json.fieldOrNull("reused", reused)
        json.fieldOrNull("protocol", httpVersion)
        json.fieldOrNull("resolved_at", resolvedAt)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "host": host = try reader.string()
            case "open": open = try reader.intOrNull()
            case "idle": idle = try reader.intOrNull()
            case "handshakes": handshakes = try reader.intOrNull()
            case "reused": reused = try reader.intOrNull()
            case "protocol": httpVersion = try reader.stringOrNull()
            case "resolved_at": resolvedAt = try reader.timestampOrNull()
            default: try reader.skip()
            }
        }
    }
}
