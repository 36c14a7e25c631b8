import UltraAPI

/// Rewrites a JSON Schema into the subset that Cohere supports: `oneOf` becomes `anyOf`, and constraints that Cohere
/// does not check move into descriptions.
struct CohereSchema {
    private(set) var json: RawJSON
    /// The reason why the schema cannot be sent, as a predicate after the model's name; nil if it can.
    private(set) var flaw: String?
    /// The keywords that moved into descriptions, without duplicates.
    private(set) var leftOut: [String] = []

    init(_ schema: RawJSON) {
        json = schema
        var writer = JSONWriter()
        do throws(JSONError) {
            var types: [String] = []
            try JSONReader.read(schema.bytes) { (reader) throws(JSONError) in
                types = try copy(&reader, &writer)
            }
            json = RawJSON(validated: writer.bytes)
            if flaw == nil, types != ["object"] { flaw = "takes only the schema of an object" }
        } catch {
            flaw = "takes a JSON Schema only"
        }
    }

    /// Copies one schema and returns its types.
    private mutating func copy(_ reader: inout JSONReader, _ json: inout JSONWriter) throws(JSONError) -> [String] {
        guard try reader.kind() == .object else {
            json.raw(try reader.rawJSON())
            return []
        }
        var types: [String] = []
        var hasRequired = false
        var alternatives = 0
        var description: String?
        var notes: [String] = []
        json.beginObject()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            let name = String(key)
            switch name {
            case "type":
                let raw = try reader.rawJSON()
                types = try Self.names(raw)
                json.key(name)
                json.raw(raw)
            case "required":
                let raw = try reader.rawJSON()
                hasRequired = try !Self.names(raw).isEmpty
                json.key(name)
                json.raw(raw)
            case "description" where try reader.kind() == .string:
                description = try reader.string()
            case "oneOf", "anyOf":
                alternatives += 1
                json.key("anyOf")
                try copyAll(&reader, &json)
            case "items", "additionalProperties":
                json.key(name)
                _ = try copy(&reader, &json)
            case "properties", "$defs", "definitions":
                json.key(name)
                try copyMembers(&reader, &json)
            case "allOf", "not":
                flaw = flaw ?? "does not take \(name) in a schema"
                json.key(name)
                json.raw(try reader.rawJSON())
            case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems",
                "minLength", "maxLength", "uniqueItems":
                notes.append("\(name): \(try reader.text() ?? "null")")
                if !leftOut.contains(name) { leftOut.append(name) }
            default:
                json.key(name)
                json.raw(try reader.rawJSON())
            }
        }
        if !notes.isEmpty {
            let note = "(\(notes.joined(separator: ", ")))"
            description = description.map { "\($0) \(note)" } ?? note
        }
        json.fieldIfPresent("description", description)
        json.endObject()
        if alternatives > 1 { flaw = flaw ?? "does not take oneOf beside anyOf in a schema" }
        if types.contains("object"), !hasRequired {
            flaw = flaw ?? "needs a required property in every object of a schema"
        }
        return types
    }

    private mutating func copyAll(_ reader: inout JSONReader, _ json: inout JSONWriter) throws(JSONError) {
        json.beginArray()
        try reader.beginArray()
        while try reader.nextElement() { _ = try copy(&reader, &json) }
        json.endArray()
    }

    /// Copies an object whose members are schemas.
    private mutating func copyMembers(_ reader: inout JSONReader, _ json: inout JSONWriter) throws(JSONError) {
        json.beginObject()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            json.key(String(key))
            _ = try copy(&reader, &json)
        }
        json.endObject()
    }

    /// Reads a string or an array of strings.
    private static func names(_ raw: RawJSON) throws(JSONError) -> [String] {
        try JSONReader.read(raw.bytes) { (reader) throws(JSONError) in
            if try reader.kind() == .array { return try reader.texts() }
            return try reader.text().map { [$0] } ?? []
        }
    }
}
