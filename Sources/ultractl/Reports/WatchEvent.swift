import UltraAPI

/// An `event` frame of a subscription, of any topic. A field that the event does not have is `nil`.
struct WatchEvent {
    var topic = ""
    var provider: String?
    var model: String?
    // Topic health:
    var from: String?
    var to: String?
    var reason: String?
    // Topic requests:
    var phase: String?
    var request: Int?
    var uid: Int?
    var error: String?
    var milliseconds: Double?
    /// The JSON of the member `data`.
    var data = ""

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "topic": topic = try reader.string()
            case "data":
                let raw = try reader.rawJSON().bytes
                data = String(decoding: raw, as: UTF8.self)
                try JSONReader.read(raw) { (reader) throws(JSONError) in try readData(&reader) }
            default: try reader.skip()
            }
        }
    }

    private mutating func readData(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "provider": provider = try reader.stringOrNull()
            case "model": model = try reader.stringOrNull()
            case "from": from = try reader.stringOrNull()
            case "to": to = try reader.stringOrNull()
            case "reason": reason = try reader.stringOrNull()
            case "phase": phase = try reader.stringOrNull()
            case "request": request = try reader.intOrNull()
            case "uid": uid = try reader.intOrNull()
            case "error": error = try reader.stringOrNull()
            case "ms": milliseconds = try reader.doubleOrNull()
            default: try reader.skip()
            }
        }
    }
}

/// The `snapshot` frame at the beginning of a subscription.
struct WatchSnapshot {
    var providers: [ProviderReport] = []
    var models: [ModelReport] = []

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "data": try readData(&reader)
            default: try reader.skip()
            }
        }
    }

    private mutating func readData(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "providers":
                providers = try reader.elements { (reader) throws(JSONError) in try ProviderReport(&reader) }
            case "models": models = try reader.elements { (reader) throws(JSONError) in try ModelReport(&reader) }
            default: try reader.skip()
            }
        }
    }
}
