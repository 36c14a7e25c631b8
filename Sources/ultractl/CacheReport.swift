import UltraAPI

/// What `status` tells of the answer cache. Fields a daemon leaves out are `nil`.
struct CacheReport {
    var isEnabled: Bool?
    var hits: Int?
    var misses: Int?
    var coalesced: Int?
    var entries: Int?
    var bytes: Int?
    var limitBytes: Int?
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
            case "limit_bytes", "max_bytes": limitBytes = try reader.intOrNull()
            case "saved_usd": savedUSD = try reader.doubleOrNull()
            default: try reader.skip()
            }
        }
    }
}
