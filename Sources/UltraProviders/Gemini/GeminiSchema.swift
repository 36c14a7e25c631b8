import UltraAPI

/// Rewrites a JSON Schema into what Gemini takes: the same schema as far as it can be said, never one it refuses.
///
/// Annotations are dropped; constraints that cannot be said are dropped and named in `dropped`.
struct GeminiSchema {
    enum Form {
        /// `parametersJsonSchema`, `responseJsonSchema`.
        case jsonSchema
        /// `parameters`, `responseSchema`: no references, no combinations but `anyOf`.
        case openAPI
    }

    /// Why nothing like the schema can be said. The text names a keyword or a reference.
    enum Flaw: Error, Equatable {
        case notASchema
        case unsupported(String)
    }

    let form: Form
    /// Keywords left out, each once.
    private(set) var dropped: [String] = []
    private var root = GeminiSchemaMembers()
    /// References being resolved; the same one again is a recursion.
    private var resolving: [String] = []
    private var resolved = 0
    /// References put in their place in one schema: each may hold others twice, and so on.
    private static let resolvedLimit = 500

    init(_ form: Form) {
        self.form = form
    }

    mutating func rewrite(_ schema: RawJSON) throws(Flaw) -> RawJSON {
        root = try GeminiSchemaMembers(schema)
        var members = root
        if form == .jsonSchema, let reference = members["$ref"] {
            // Nothing may stand beside a reference, but at the root the definitions must.
            let definitions = members.remove("$defs") ?? members.remove("definitions")
            members = try target(of: try text(reference))
            if let definitions { members["$defs"] = definitions }
        }
        var json = JSONWriter()
        try write(members, &json)
        return RawJSON(validated: json.bytes)
    }

    /// Whether the arguments of a function with these parameters can be nothing but an empty object: older models
    /// refuse an object without properties, and none needs it.
    static func isEmpty(_ schema: RawJSON) throws(Flaw) -> Bool {
        let members = try GeminiSchemaMembers(schema)
        for name in ["$ref", "anyOf", "oneOf", "allOf"] where members[name] != nil { return false }
        if let extra = members["additionalProperties"], extra.bytes != Array("false".utf8) { return false }
        guard let properties = members["properties"] else { return true }
        return try GeminiSchemaMembers(properties).isEmpty
    }

    private mutating func write(_ members: GeminiSchemaMembers, _ json: inout JSONWriter) throws(Flaw) {
        let depth = resolving.count
        defer { resolving.removeLast(resolving.count - depth) }
        var members = try merged(members)
        try translate(&members)
        json.beginObject()
        for (name, value) in members.list {
            guard isKept(name) else {
                if name != "additionalProperties" || value.bytes.first == UInt8(ascii: "{") { drop(name) }
                continue
            }
            json.key(name)
            switch name {
            case "properties", "$defs":
                json.beginObject()
                for (name, value) in try GeminiSchemaMembers(value).list {
                    json.key(name)
                    try write(try GeminiSchemaMembers(value), &json)
                }
                json.endObject()
            case "items":
                try write(try GeminiSchemaMembers(value), &json)
            case "additionalProperties" where value.bytes.first == UInt8(ascii: "{"):
                try write(try GeminiSchemaMembers(value), &json)
            case "anyOf", "oneOf", "prefixItems":
                json.beginArray()
                for element in try GeminiSchemaMembers.elements(value) {
                    try write(try GeminiSchemaMembers(element), &json)
                }
                json.endArray()
            default:
                json.raw(value)
            }
        }
        json.endObject()
    }

    /// `members` without `allOf`, and, where references cannot be sent, without `$ref`.
    mutating func merged(_ members: GeminiSchemaMembers) throws(Flaw) -> GeminiSchemaMembers {
        var members = members
        if let reference = members["$ref"], form == .openAPI {
            members.remove("$ref")
            try members.merge(try merged(try target(of: try text(reference))))
        }
        guard let all = members.remove("allOf") else { return members }
        let elements = try GeminiSchemaMembers.elements(all)
        if form == .jsonSchema, elements.count == 1, members["properties"] == nil,
            let reference = try GeminiSchemaMembers(elements[0])["$ref"]
        {
            members["$ref"] = reference
            return members
        }
        for element in elements {
            var part = try GeminiSchemaMembers(element)
            if let reference = part["$ref"] {
                part.remove("$ref")
                try part.merge(try target(of: try text(reference)))
            }
            try members.merge(try merged(part))
        }
        return members
    }

    private mutating func target(of reference: String) throws(Flaw) -> GeminiSchemaMembers {
        guard !resolving.contains(reference) else { throw .unsupported("recursive $ref") }
        resolved += 1
        guard resolved <= Self.resolvedLimit else { throw .unsupported("that many $ref") }
        resolving.append(reference)
        if reference == "#" { return root }
        for (prefix, name) in [("#/$defs/", "$defs"), ("#/definitions/", "definitions")]
        where reference.hasPrefix(prefix) {
            guard let definitions = root[name],
                let found = try GeminiSchemaMembers(definitions)[String(reference.dropFirst(prefix.count))]
            else { break }
            return try GeminiSchemaMembers(found)
        }
        throw .unsupported("$ref to \(reference)")
    }

    func text(_ value: RawJSON) throws(Flaw) -> String {
        do throws(JSONError) {
            return try JSONReader.read(value.bytes) { (reader) throws(JSONError) in try reader.string() }
        } catch {
            throw .notASchema
        }
    }

    mutating func drop(_ name: String) {
        if !Self.annotations.contains(name), !dropped.contains(name) { dropped.append(name) }
    }

    private func isKept(_ name: String) -> Bool {
        (form == .jsonSchema ? Self.jsonSchemaKeywords : Self.openAPIKeywords).contains(name)
    }

    private static let jsonSchemaKeywords: Set<String> = [
        "$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems",
        "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties",
        "required", "propertyOrdering",
    ]

    private static let openAPIKeywords: Set<String> = [
        "type", "format", "description", "nullable", "enum", "items", "properties", "required", "propertyOrdering",
        "anyOf", "minItems", "maxItems", "minimum", "maximum", "minLength", "maxLength", "pattern", "title", "default",
    ]

    /// They constrain nothing, or, of objects, what models do anyway.
    private static let annotations: Set<String> = [
        "$schema", "$id", "$anchor", "$comment", "$defs", "definitions", "default", "example", "examples", "deprecated",
        "readOnly", "writeOnly", "title", "description", "strict",
    ]
}
