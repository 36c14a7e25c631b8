import UltraAPI

/// What `status` tells of the connections to one host.
struct PoolReport {
    var host = ""
    /// `h2` or `http/1.1`; `nil`: no connection has been made.
    var httpVersion: String?
    var open: Int?
    var idle: Int?
    var handshakes: Int?
    /// Requests that found a connection open.
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
