import UltraAPI

/// Rewrites a JSON Schema into the subset that Claude's structured outputs support: constraints on values move to
/// descriptions, objects are closed, and alternatives become `anyOf`.
struct ClaudeSchema {
    /// The reason why no equivalent schema exists.
    enum Flaw: Error, Equatable {
        case notASchema
        /// A noun phrase that completes "a schema with".
        case unsupported(String)
    }

    /// Keywords that were moved to descriptions, without duplicates, in order of appearance.
    private(set) var notes: [String] = []
    private var unsupported: String?
    private var optionalProperties = 0
    private var unions = 0
    /// The name of the definition being read; nil at the root.
    private var scope: String?
    /// The references between definitions, by name.
    private var references: [String: [String]] = [:]

    mutating func rewrite(_ schema: RawJSON) throws(Flaw) -> RawJSON {
        var json = JSONWriter()
        do throws(JSONError) {
            try JSONReader.read(schema.bytes) { (reader) throws(JSONError) in try self.schema(&reader, &json) }
        } catch {
            throw .notASchema
        }
        if isRecursive { refuse("recursion") }
        // The service compiles schemas and refuses larger ones.
        if optionalProperties > 24 { refuse("more than 24 optional properties") }
        if unions > 16 { refuse("more than 16 unions of types") }
        if let unsupported { throw .unsupported(unsupported) }
        return RawJSON(validated: json.bytes)
    }

    /// The facts collected about one schema while its members are read.
    private struct Shape {
        var description: String?
        var notes: [String] = []
        var isObject = false
        var isOpen: Bool?
        var properties: Int?
        var required = 0
        var hasAlternatives = false
    }

    private mutating func schema(_ reader: inout JSONReader, _ json: inout JSONWriter) throws(JSONError) {
        guard try reader.kind() != .bool else {
            refuse("true or false in place of a schema")
            json.bool(try reader.bool())
            return
        }
        var shape = Shape()
        json.beginObject()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            try member(key, &reader, &shape, &json)
        }
        if shape.isObject {
            json.field("additionalProperties", false)
            if shape.properties == nil, shape.isOpen != false { refuse("objects with arbitrary members") }
            optionalProperties += max(0, (shape.properties ?? 0) - shape.required)
        }
        let told = ([shape.description].compactMap { $0 } + shape.notes).joined(separator: "; ")
        if !told.isEmpty { json.field("description", told) }
        json.endObject()
    }

    private mutating func member(
        _ key: JSONKey, _ reader: inout JSONReader, _ shape: inout Shape, _ json: inout JSONWriter
    ) throws(JSONError) {
        switch key {
        case "description":
            shape.description = try reader.text()
        case "type":
            let type = try reader.rawJSON()
            shape.isObject = try Self.words(type).contains("object")
            if type.bytes.first == UInt8(ascii: "[") { unions += 1 }
            json.field("type", type)
        case "enum", "const", "title":
            json.key(String(key))
            json.raw(try reader.rawJSON())
        case "required":
            let required = try reader.rawJSON()
            shape.required = try Self.words(required).count
            json.field("required", required)
        case "properties":
            shape.isObject = true
            json.key("properties")
            shape.properties = try schemas(&reader, &json, areDefinitions: false)
        case "$defs", "definitions":
            json.key(String(key))
            _ = try schemas(&reader, &json, areDefinitions: true)
        case "additionalProperties":
            shape.isOpen = try reader.text() != "false"
        case "items":
            json.key("items")
            if try reader.kind() == .array { refuse("items of several types") }
            if try reader.kind() == .array { json.raw(try reader.rawJSON()) } else { try schema(&reader, &json) }
        case "anyOf", "oneOf":
            if shape.hasAlternatives { refuse("both anyOf and oneOf") }
            shape.hasAlternatives = true
            unions += 1
            json.key("anyOf")
            try list(&reader, &json)
        case "allOf":
            json.key("allOf")
            try list(&reader, &json)
        case "$ref":
            let target = try reader.string()
            refer(to: target)
            json.field("$ref", target)
        default:
            try constraint(String(key), &reader, &shape, &json)
        }
    }

    private mutating func constraint(
        _ name: String, _ reader: inout JSONReader, _ shape: inout Shape, _ json: inout JSONWriter
    ) throws(JSONError) {
        if Self.annotations.contains(name) { return try reader.skip() }
        let value = try reader.rawJSON()
        let text = String(decoding: value.bytes, as: UTF8.self)
        let isKept =
            name == "format" && Self.formats.contains(text) || name == "minItems" && (text == "0" || text == "1")
        if isKept {
            json.key(name)
            json.raw(value)
            return
        }
        guard Self.constraints.contains(name) else { return refuse(name) }
        shape.notes.append("\(name): \(text)")
        // A default does not restrict values.
        if name != "default", name != "examples", !notes.contains(name) { notes.append(name) }
    }

    private mutating func schemas(
        _ reader: inout JSONReader, _ json: inout JSONWriter, areDefinitions: Bool
    ) throws(JSONError) -> Int {
        let outside = scope
        defer { scope = outside }
        var count = 0
        json.beginObject()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            let name = String(key)
            if areDefinitions { scope = name }
            json.key(name)
            try schema(&reader, &json)
            count += 1
        }
        json.endObject()
        return count
    }

    private mutating func list(_ reader: inout JSONReader, _ json: inout JSONWriter) throws(JSONError) {
        json.beginArray()
        try reader.beginArray()
        while try reader.nextElement() { try schema(&reader, &json) }
        json.endArray()
    }

    private mutating func refer(to target: String) {
        if target == "#" { return refuse("recursion") }
        guard target.hasPrefix("#/"), let name = target.split(separator: "/").last else {
            return refuse("references to other documents")
        }
        if let scope { references[scope, default: []].append(String(name)) }
    }

    /// True if any definition refers to itself, directly or through others. Depth-first search; each definition is
    /// entered once.
    private var isRecursive: Bool {
        var entered: Set<String> = []
        for start in references.keys where entered.insert(start).inserted {
            var path: [(name: String, next: Int)] = [(start, 0)]
            var onPath: Set<String> = [start]
            while let step = path.last {
                let targets = references[step.name] ?? []
                guard step.next < targets.count else {
                    onPath.remove(step.name)
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let target = targets[step.next]
                if onPath.contains(target) { return true }
                if entered.insert(target).inserted {
                    path.append((target, 0))
                    onPath.insert(target)
                }
            }
        }
        return false
    }

    private mutating func refuse(_ what: String) {
        if unsupported == nil { unsupported = what }
    }

    /// Reads a string or an array of strings.
    private static func words(_ value: RawJSON) throws(JSONError) -> [String] {
        try JSONReader.read(value.bytes) { (reader) throws(JSONError) in
            try reader.kind() == .array ? try reader.texts() : [try reader.string()]
        }
    }

    private static let formats: Set<String> = Set(
        ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"].map {
            "\"\($0)\""
        })

    private static let annotations: Set<String> = [
        "$schema", "$id", "$anchor", "$comment", "deprecated", "readOnly", "writeOnly", "example",
    ]

    private static let constraints: Set<String> = [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
        "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "format", "default", "examples",
    ]
}
