import UltraAPI

/// What `reload` answers: what is different from before, and what deserves a look.
struct ReloadReport {
    var path: String?
    var changes: [String] = []
    var warnings: [String] = []

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "path": path = try reader.stringOrNull()
            case "changes": changes = try reader.strings()
            case "warnings": warnings = try reader.strings()
            default: try reader.skip()
            }
        }
    }
}
