/// The result of `models`.
package struct ModelList: ReportValue {
    package var models: [ModelReport] = []
    /// The id of the default model.
    package var defaultModel: String?

    package init() {}

    package func write(to json: inout JSONWriter) {
        Self.write(models: .array(of: models), defaultModel: defaultModel, to: &json)
    }

    /// - Parameter models: The encoded array; the daemon encodes a long list in several turns of its loop.
    package static func write(models: RawJSON, defaultModel: String?, to json: inout JSONWriter) {
        json.field("models", models)
        json.fieldOrNull("default", defaultModel)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "models": models = try reader.array(of: ModelReport.self)
            case "default": defaultModel = try reader.stringOrNull()
            default: try reader.skip()
            }
        }
    }

    /// The object of one model as the daemon sent it, including members that `ModelReport` does not know; nil: no model
    /// has this id.
    package static func object(of id: String, _ reader: inout JSONReader) throws(JSONError) -> RawJSON? {
        var found: RawJSON?
        try reader.members { (key, reader) throws(JSONError) in
            guard "models" ~= key else { return try reader.skip() }
            let objects = try reader.elements { (reader) throws(JSONError) in try reader.rawJSON() }
            for object in objects where found == nil {
                let model = try JSONReader.read(object.bytes) { (reader) throws(JSONError) in try ModelReport(&reader) }
                if model.id == id { found = object }
            }
        }
        return found
    }
}

extension RawJSON {
    static func array(of values: [some ReportValue]) -> RawJSON {
        var json = JSONWriter()
        json.beginArray()
        for value in values { json.object(value) }
        json.endArray()
        return RawJSON(validated: json.bytes)
    }
}
