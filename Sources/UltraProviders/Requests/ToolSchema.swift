import UltraAPI

/// Completes the JSON Schema of a tool's parameters without changing what it allows. Servers refuse the whole request
/// for a schema in a short form.
struct ToolSchema {
    private let constraints: ToolSchemaConstraints
    /// Keywords of the root that were rewritten so that the schema now allows more than before.
    private(set) var loosened: [String] = []

    private init(_ constraints: ToolSchemaConstraints) {
        self.constraints = constraints
    }

    /// - Returns: the new schema; nil if `schema` satisfies the constraints, or is malformed.
    static func repaired(
        _ schema: RawJSON, _ constraints: ToolSchemaConstraints
    ) -> (schema: RawJSON, loosened: [String])? {
        guard constraints != .none else { return nil }
        do throws(JSONError) {
            let isWhole = try JSONReader.read(schema.bytes) { (reader) throws(JSONError) in
                try ToolSchema(constraints).isWhole(&reader, isRoot: true)
            }
            if isWhole { return nil }
        } catch {
            return nil
        }
        var repair = ToolSchema(constraints)
        let root = constraints.hasPlainRoot ? repair.plainRoot(schema) : schema
        let saysType = constraints.hasPlainRoot && (try? SchemaMembers(root))?["type"] == nil
        var json = JSONWriter()
        do throws(JSONError) {
            try JSONReader.read(root.bytes) { (reader) throws(JSONError) in
                try repair.write(&reader, saysType: saysType, &json)
            }
        } catch {
            return nil
        }
        return (RawJSON(validated: json.bytes), repair.loosened)
    }

    /// The kind of value that a keyword has.
    private enum Place {
        /// A schema.
        case schema
        /// An array of schemas, or one schema.
        case schemas
        /// An object whose members are schemas.
        case members
        case other
    }

    private static func place(_ key: JSONKey) -> Place {
        switch key {
        case "properties", "$defs", "definitions", "patternProperties": .members
        case "items", "anyOf", "oneOf", "allOf", "prefixItems": .schemas
        case "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames": .schema
        default: .other
        }
    }

    /// True if the value of keyword `key` consists of schemas or lists their members. A null there means that the keyword
    /// is absent.
    static func holdsSchemas(_ key: JSONKey) -> Bool {
        switch key {
        case "required": true
        default: place(key) != .other
        }
    }

    /// The keywords found in one schema.
    private struct Seen {
        var isObject = false
        var isArray = false
        var hasType = false
        var hasProperties = false
        var hasItems = false
        var hasRequired = false

        mutating func read(_ key: JSONKey, _ reader: inout JSONReader) throws(JSONError) {
            switch key {
            case "type":
                hasType = true
                if try reader.kind() == .array {
                    for type in try reader.texts() { note(type) }
                } else if let type = try reader.text() {
                    note(type)
                }
            default: try reader.skip()
            }
        }

        private mutating func note(_ type: String) {
            if type == "object" { isObject = true }
            if type == "array" { isArray = true }
        }
    }

    // MARK: - Checking

    private func isWhole(_ reader: inout JSONReader, isRoot: Bool) throws(JSONError) -> Bool {
        guard try reader.kind() == .object else {
            try reader.skip()
            return true
        }
        var seen = Seen()
        var isWhole = true
        try reader.beginObject()
        while let key = try reader.nextKey() {
            let place = Self.place(key)
            if isRoot, constraints.hasPlainRoot {
                switch key {
                case "$ref", "anyOf", "oneOf", "allOf": isWhole = false
                case "type" where try reader.kind() == .array: isWhole = false
                default: break
                }
            }
            if Self.holdsSchemas(key), try reader.kind() == .null { isWhole = false }
            switch key {
            case "properties": seen.hasProperties = true
            case "items", "prefixItems": seen.hasItems = true
            case "required": seen.hasRequired = true
            default: break
            }
            guard place != .other else {
                try seen.read(key, &reader)
                continue
            }
            try each(&reader, place) { (reader) throws(JSONError) in
                if try !self.isWhole(&reader, isRoot: false) { isWhole = false }
            }
        }
        if isRoot, constraints.hasPlainRoot, !seen.hasType { return false }
        if constraints.isComplete, seen.isObject && !seen.hasProperties || seen.isArray && !seen.hasItems {
            return false
        }
        if constraints.hasRequired, seen.isObject, !seen.hasRequired { return false }
        return isWhole
    }

    private func each(
        _ reader: inout JSONReader, _ place: Place, _ body: (inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        switch (place, try reader.kind()) {
        case (.members, .object):
            try reader.beginObject()
            while try reader.nextKey() != nil { try body(&reader) }
        case (.schemas, .array):
            try reader.beginArray()
            while try reader.nextElement() { try body(&reader) }
        case (.schema, _), (.schemas, _): try body(&reader)
        case (.members, _), (.other, _): try reader.skip()
        }
    }

    // MARK: - Writing

    /// - Parameter saysType: true adds `"type": "object"` to the root, which lacks a type.
    private func write(_ reader: inout JSONReader, saysType: Bool, _ json: inout JSONWriter) throws(JSONError) {
        guard try reader.kind() == .object else { return json.raw(try reader.rawJSON()) }
        var seen = Seen()
        json.beginObject()
        if saysType {
            json.field("type", "object")
            seen.isObject = true
        }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            let place = Self.place(key)
            let name = String(key)
            // A null member means the same as a missing one.
            if Self.holdsSchemas(key), try reader.kind() == .null {
                try reader.skip()
                continue
            }
            switch name {
            case "properties": seen.hasProperties = true
            case "items", "prefixItems": seen.hasItems = true
            case "required": seen.hasRequired = true
            default: break
            }
            json.key(name)
            switch (place, try reader.kind()) {
            case (.members, .object):
                json.beginObject()
                try reader.beginObject()
                while let member = try reader.nextKey() {
                    json.key(String(member))
                    try write(&reader, saysType: false, &json)
                }
                json.endObject()
            case (.schemas, .array):
                json.beginArray()
                try reader.beginArray()
                while try reader.nextElement() { try write(&reader, saysType: false, &json) }
                json.endArray()
            case (.schema, _), (.schemas, _):
                try write(&reader, saysType: false, &json)
            case (.members, _), (.other, _):
                let value = try reader.rawJSON()
                try JSONReader.read(value.bytes) { (reader) throws(JSONError) in try seen.read(key, &reader) }
                json.raw(value)
            }
        }
        if constraints.isComplete, seen.isObject, !seen.hasProperties { emptyObject("properties", &json) }
        if constraints.isComplete, seen.isArray, !seen.hasItems { emptyObject("items", &json) }
        if constraints.hasRequired, seen.isObject, !seen.hasRequired {
            json.key("required")
            json.beginArray()
            json.endArray()
        }
        json.endObject()
    }

    private func emptyObject(_ name: StaticString, _ json: inout JSONWriter) {
        json.key(name)
        json.beginObject()
        json.endObject()
    }

    // MARK: - The root

    /// Resolves the root's `$ref` and merges the members of its alternatives into it.
    private mutating func plainRoot(_ schema: RawJSON) -> RawJSON {
        do throws(GeminiSchema.Flaw) {
            let whole = try SchemaMembers(schema)
            var root = try resolved(whole, whole, limit: 8)
            if let type = root["type"], type.bytes.first == UInt8(ascii: "["),
                try SchemaMembers.elements(type).contains(where: { $0.bytes == Array(#""object""#.utf8) })
            {
                root["type"] = RawJSON(validated: Array(#""object""#.utf8))
            }
            for keyword in ["allOf", "anyOf", "oneOf"] {
                guard let list = root.remove(keyword) else { continue }
                var alternatives: [SchemaMembers] = []
                for element in try SchemaMembers.elements(list) {
                    alternatives.append(try resolved(try SchemaMembers(element), whole, limit: 8))
                }
                try join(alternatives, into: &root, areAllRequired: keyword == "allOf")
                if keyword != "allOf" { loosened.append(keyword) }
            }
            return root.json
        } catch {
            return schema
        }
    }

    private func resolved(
        _ members: SchemaMembers, _ root: SchemaMembers, limit: Int
    ) throws(GeminiSchema.Flaw) -> SchemaMembers {
        guard let reference = members["$ref"], limit > 0 else { return members }
        let path = String(decoding: reference.bytes.dropFirst().dropLast(), as: UTF8.self)
        var found: RawJSON?
        for name in ["$defs", "definitions"] where path.hasPrefix("#/\(name)/") {
            if let definitions = root[name] {
                found = try SchemaMembers(definitions)[String(path.dropFirst(name.utf8.count + 3))]
            }
        }
        guard let found else { throw .unsupported("$ref") }
        var target = try SchemaMembers(found)
        for (name, value) in members.list where name != "$ref" { target[name] = value }
        return try resolved(target, root, limit: limit - 1)
    }

    private func join(
        _ alternatives: [SchemaMembers], into root: inout SchemaMembers, areAllRequired: Bool
    ) throws(GeminiSchema.Flaw) {
        var properties =
            try root["properties"].map { value throws(GeminiSchema.Flaw) in try SchemaMembers(value) }
            ?? SchemaMembers()
        var required: [RawJSON] =
            try root["required"].map { value throws(GeminiSchema.Flaw) in
                try SchemaMembers.elements(value)
            } ?? []
        var seen = Set(required)
        var counts: [RawJSON: Int] = [:]
        for alternative in alternatives {
            if let members = alternative["properties"] {
                for (name, value) in try SchemaMembers(members).list where properties[name] == nil {
                    properties[name] = value
                }
            }
            guard let listed = alternative["required"] else { continue }
            for name in try SchemaMembers.elements(listed) {
                counts[name, default: 0] += 1
                let isRequired = areAllRequired || counts[name] == alternatives.count
                if isRequired, seen.insert(name).inserted { required.append(name) }
            }
        }
        root["type"] = RawJSON(validated: Array(#""object""#.utf8))
        root["properties"] = properties.json
        if !required.isEmpty { root["required"] = SchemaMembers.array(required) }
    }
}
