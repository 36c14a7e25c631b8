import UltraAPI

/// What `reload` answers: what is different from before, and what deserves a look.
struct ReloadReport {
    /// Keys of the configuration.
    var changed: [String] = []
    /// Ids of providers.
    var added: [String] = []
    var removed: [String] = []
    var warnings: [String] = []

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "changed": changed = try reader.strings()
            case "added": added = try reader.strings()
            case "removed": removed = try reader.strings()
            case "warnings": warnings = try reader.strings()
            default: try reader.skip()
            }
        }
    }
}
