import UltraAPI

/// What `models` tells of the registry, as far as the table shows it.
struct ModelList {
    struct Model {
        var id = ""
        var aliases: [String] = []
        var state = "unknown"
        var retryAt: String?
        var tags: [String] = []
        var capabilities: [String] = []
        var contextWindow: Int?
        var inputPriceUSD: Double?
        var outputPriceUSD: Double?
        var isMock = false
    }

    var models: [Model] = []
    /// The id of the model that answers when none is named.
    var defaultModel: String?

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "models": models = try reader.elements { (reader) throws(JSONError) in try Model(&reader) }
            case "default": defaultModel = try reader.stringOrNull()
            default: try reader.skip()
            }
        }
    }
}

extension ModelList.Model {
    init(_ reader: inout JSONReader) throws(JSONError) {
        self.init()
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "id": id = try reader.string()
            case "aliases": aliases = try reader.strings()
            case "state": state = try reader.string()
            case "retry_at": retryAt = try reader.stringOrNull()
            case "tags": tags = try reader.strings()
            case "capabilities": capabilities = try reader.strings()
            case "context_window": contextWindow = try reader.intOrNull()
            case "price": try readPrice(&reader)
            case "mock": isMock = try reader.boolOrNull() ?? false
            default: try reader.skip()
            }
        }
    }

    private mutating func readPrice(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "input_usd_per_mtok": inputPriceUSD = try reader.doubleOrNull()
            case "output_usd_per_mtok": outputPriceUSD = try reader.doubleOrNull()
            default: try reader.skip()
            }
        }
    }
}
