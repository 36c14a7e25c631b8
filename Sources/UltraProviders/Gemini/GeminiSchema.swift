import UltraAPI

/// Rewrites a JSON Schema into the form that Gemini accepts, as equivalent as possible and never one it refuses.
///
/// Annotations are dropped. Constraints that cannot be expressed are dropped too, and listed in `dropped`.
struct GeminiSchema {
    enum Form {
        /// For `parametersJsonSchema` and `responseJsonSchema`.
        case jsonSchema
        /// For `parameters` and `responseSchema`: no references, and no combination except `anyOf`.
        case openAPI
    }

    /// The reason why no similar schema exists. The text names a keyword or a reference.
    enum Flaw: Error, Equatable {
        case notASchema
        case unsupported(String)
    }

    let form: Form
    /// The keywords that were left out, without duplicates.
    private(set) var dropped: [String] = []
    private var droppedNames: Set<String> = []
    private var root = SchemaMembers()
    /// The root's `$defs` and `definitions`, parsed when first used.
    private var definitions: [String: SchemaMembers] = [:]
    /// The references being resolved. A reference that is already among them is recursive.
    private var resolving: [String] = []
    private var resolved = 0
    private var resolvedBytes = 0
    /// The maximum number of references resolved in one schema. Without it, definitions that refer to others twice
    /// would grow exponentially.
    private static let resolvedLimit = 500
    /// The maximum total size of resolved definitions, in bytes.
    private static let resolvedBytesLimit = 4 << 20

    init(_ form: Form) {
        self.form = form
    }

    mutating func rewrite(_ schema: RawJSON) throws(Flaw) -> RawJSON {
        root = try SchemaMembers(schema)
        var members = root
        if form == .jsonSchema, let reference = members["$ref"] {
            // A reference must have no siblings, but the definitions must stay at the root.
            let definitions = members.remove("$defs") ?? members.remove("definitions")
            members = try target(of: try text(reference))
            if let definitions { members["$defs"] = definitions }
        }
        var json = JSONWriter()
        try write(members, &json)
        return RawJSON(validated: json.bytes)
    }

    /// True if a function with these parameters can only have empty arguments. Older models refuse an object schema
    /// without properties, and no model needs one.
    static func isEmpty(_ schema: RawJSON) throws(Flaw) -> Bool {
        let members = try SchemaMembers(schema)
        for name in ["$ref", "anyOf", "oneOf", "allOf"] where members[name] != nil { return false }
        if let extra = members["additionalProperties"], extra.bytes != Array("false".utf8) { return false }
        guard let properties = members["properties"] else { return true }
        return try SchemaMembers(properties).isEmpty
    }

    private mutating func write(_ members: SchemaMembers, _ json: inout JSONWriter) throws(Flaw) {
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
                for (name, value) in try SchemaMembers(value).list {
                    json.key(name)
                    try write(try SchemaMembers(value), &json)
                }
                json.endObject()
            case "items":
                try write(try SchemaMembers(value), &json)
            case "additionalProperties" where value.bytes.first == UInt8(ascii: "{"):
                try write(try SchemaMembers(value), &json)
            case "anyOf", "oneOf", "prefixItems":
                json.beginArray()
                for element in try SchemaMembers.elements(value) {
                    try write(try SchemaMembers(element), &json)
                }
                json.endArray()
            default:
                json.raw(value)
            }
        }
        json.endObject()
    }

    /// Merges `allOf` into `members`, and resolves `$ref` where references cannot be sent.
    mutating func merged(_ members: SchemaMembers) throws(Flaw) -> SchemaMembers {
        var members = members
        if let reference = members["$ref"], form == .openAPI {
            members.remove("$ref")
            var union = SchemaUnion(members)
            try union.add(try merged(try target(of: try text(reference))))
            members = union.members
        }
        guard let all = members.remove("allOf") else { return members }
        let elements = try SchemaMembers.elements(all)
        if form == .jsonSchema, elements.count == 1, members["properties"] == nil,
            let reference = try SchemaMembers(elements[0])["$ref"]
        {
            members["$ref"] = reference
            return members
        }
        var union = SchemaUnion(members)
        for element in elements {
            var part = try SchemaMembers(element)
            if let reference = part.remove("$ref") {
                var both = SchemaUnion(part)
                try both.add(try target(of: try text(reference)))
                part = both.members
            }
            try union.add(try merged(part))
        }
        return union.members
    }

    private mutating func target(of reference: String) throws(Flaw) -> SchemaMembers {
        guard !resolving.contains(reference) else { throw .unsupported("recursive $ref") }
        resolved += 1
        guard resolved <= Self.resolvedLimit else { throw .unsupported("that many $ref") }
        resolving.append(reference)
        if reference == "#" { return root }
        for (prefix, name) in [("#/$defs/", "$defs"), ("#/definitions/", "definitions")]
        where reference.hasPrefix(prefix) {
            if definitions[name] == nil, let raw = root[name] { definitions[name] = try SchemaMembers(raw) }
            guard let found = definitions[name]?[String(reference.dropFirst(prefix.count))] else { break }
            resolvedBytes += found.bytes.count
            guard resolvedBytes <= Self.resolvedBytesLimit else { throw .unsupported("$ref to such large definitions") }
            return try SchemaMembers(found)
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
        if !Self.annotations.contains(name), droppedNames.insert(name).inserted { dropped.append(name) }
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

    /// Keywords that do not constrain values, or only say what models do anyway.
    private static let annotations: Set<String> = [
        "$schema", "$id", "$anchor", "$comment", "$defs", "definitions", "default", "example", "examples", "deprecated",
        "readOnly", "writeOnly", "title", "description", "strict",
    ]
}
