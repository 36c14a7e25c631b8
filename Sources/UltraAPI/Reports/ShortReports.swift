/// The result of `hello`.
package struct HelloReport: ReportValue {
    package var protocolVersion: Int?
    /// `ultrad/VERSION`.
    package var server: String?
    /// Longest message in either direction, in bytes.
    package var maxFrameBytes: Int?
    /// The operations that the daemon knows.
    package var operations: [String] = []

    package init() {}

    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("protocol", protocolVersion)
        json.fieldOrNull("server", server)
        json.fieldOrNull("max_frame_bytes", maxFrameBytes)
        json.strings("ops", operations)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "protocol": protocolVersion = try reader.intOrNull()
            case "server": server = try reader.stringOrNull()
            case "max_frame_bytes": maxFrameBytes = try reader.intOrNull()
            case "ops": operations = try reader.strings()
            default: try reader.skip()
            }
        }
    }
}

/// The result of `cancel`.
package struct CancelReport: ReportValue {
    /// False: no request of that id was in flight.
    package var isCancelled = false

    package init(isCancelled: Bool) {
        self.isCancelled = isCancelled
    }

    package func write(to json: inout JSONWriter) {
        json.field("cancelled", isCancelled)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "cancelled": isCancelled = try reader.bool()
            default: try reader.skip()
            }
        }
    }
}

/// The result of `metrics`.
package struct MetricsReport: ReportValue {
    /// Prometheus text exposition format 0.0.4; nil: the answer has none.
    package var text: String?

    package init(text: String) {
        self.text = text
    }

    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("text", text)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "text": text = try reader.stringOrNull()
            default: try reader.skip()
            }
        }
    }
}

/// The result of `cache_clear`: the number and size of the removed answers.
package struct CacheClearReport: ReportValue {
    package var entries: Int?
    package var bytes: Int?

    package init(entries: Int, bytes: Int) {
        self.entries = entries
        self.bytes = bytes
    }

    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("entries", entries)
        json.fieldOrNull("bytes", bytes)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "entries": entries = try reader.intOrNull()
            case "bytes": bytes = try reader.intOrNull()
            default: try reader.skip()
            }
        }
    }
}

/// The result of `reload`: the changes, and the warnings, one sentence each.
package struct ReloadReport: ReportValue {
    package var loadedAt: Timestamp?
    /// Keys of the configuration, such as `limits.drain`.
    package var changed: [String] = []
    /// Ids of providers.
    package var added: [String] = []
    package var removed: [String] = []
    package var warnings: [String] = []

    package init() {}

    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("loaded_at", loadedAt)
        json.strings("changed", changed)
        json.strings("added", added)
        json.strings("removed", removed)
        json.strings("warnings", warnings)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "loaded_at": loadedAt = try reader.timestampOrNull()
            case "changed": changed = try reader.strings()
            case "added": added = try reader.strings()
            case "removed": removed = try reader.strings()
            case "warnings": warnings = try reader.strings()
            default: try reader.skip()
            }
        }
    }
}
