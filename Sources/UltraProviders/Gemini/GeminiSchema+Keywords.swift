import UltraAPI

/// Translation of keywords that Gemini expresses differently.
extension GeminiSchema {
    mutating func translate(_ members: inout SchemaMembers) throws(Flaw) {
        if members["not"] != nil { throw .unsupported("not") }
        if let value = members.remove("const") { members["enum"] = RawJSON(validated: [0x5B] + value.bytes + [0x5D]) }
        switch form {
        case .jsonSchema: try translateForJSONSchema(&members)
        case .openAPI: try translateForOpenAPI(&members)
        }
    }

    private mutating func translateForJSONSchema(_ members: inout SchemaMembers) throws(Flaw) {
        if let definitions = members.remove("definitions"), members["$defs"] == nil { members["$defs"] = definitions }
        if let reference = members["$ref"] {
            var target = try text(reference)
            if target.hasPrefix("#/definitions/") { target = "#/$defs/" + target.dropFirst("#/definitions/".count) }
            guard target.hasPrefix("#") else { throw .unsupported("$ref to \(target)") }
            let definitions = members["$defs"]
            for (name, _) in members.list where name != "$ref" && name != "$defs" { drop(name) }
            members = SchemaMembers()
            members["$ref"] = Self.string(target)
            if let definitions { members["$defs"] = definitions }
            return
        }
        var types = try self.types(members)
        if members.remove("nullable")?.bytes == Array("true".utf8), !types.isEmpty, !types.contains("null") {
            types.append("null")
        }
        if !types.isEmpty { members["type"] = Self.types(types) }
    }

    private mutating func translateForOpenAPI(_ members: inout SchemaMembers) throws(Flaw) {
        if members["prefixItems"] != nil { throw .unsupported("prefixItems") }
        if let options = members.remove("oneOf"), members["anyOf"] == nil { members["anyOf"] = options }
        var types = try self.types(members)
        var isNullable = types.count > 1 && types.contains("null")
        if isNullable { types.removeAll { $0 == "null" } }
        if types.count == 1 {
            members["type"] = Self.string(types[0])
        } else if types.count > 1 {
            guard members["anyOf"] == nil else { throw .unsupported("several types beside anyOf") }
            members.remove("type")
            members["anyOf"] = Self.array(types.map { Self.object("type", Self.string($0)) })
        }
        if let options = members["anyOf"] {
            let all = try SchemaMembers.elements(options)
            var others: [RawJSON] = []
            for option in all {
                if try self.types(try SchemaMembers(option)) == ["null"] {
                    isNullable = true
                } else {
                    others.append(option)
                }
            }
            if others.count == 1 {
                members.remove("anyOf")
                var union = SchemaUnion(members)
                try union.add(try SchemaMembers(others[0]))
                members = try merged(union.members)
                try translate(&members)
            } else if others.count < all.count {
                members["anyOf"] = Self.array(others)
            }
        }
        if isNullable { members["nullable"] = RawJSON(validated: Array("true".utf8)) }
        try restrictEnum(&members)
        if let format = members["format"], members["type"] == Self.string("string") {
            let name = try text(format)
            if name != "enum", name != "date-time" {
                members.remove("format")
                drop("format")
            }
        }
    }

    /// Restricts an enum to strings, which is all the API accepts.
    private mutating func restrictEnum(_ members: inout SchemaMembers) throws(Flaw) {
        guard let values = members["enum"] else { return }
        let elements = try SchemaMembers.elements(values)
        let texts = elements.filter { $0.bytes != Array("null".utf8) }
        guard texts.allSatisfy({ $0.bytes.first == UInt8(ascii: "\"") }) else {
            members.remove("enum")
            return drop("enum")
        }
        members["enum"] = Self.array(texts)
        if members["type"] == nil { members["type"] = Self.string("string") }
        if texts.count < elements.count { members["nullable"] = RawJSON(validated: Array("true".utf8)) }
    }

    /// The schema's types in lower case; empty if it has none.
    private func types(_ members: SchemaMembers) throws(Flaw) -> [String] {
        guard let value = members["type"] else { return [] }
        guard value.bytes.first == UInt8(ascii: "[") else { return [try text(value).lowercased()] }
        var types: [String] = []
        for element in try SchemaMembers.elements(value) { types.append(try text(element).lowercased()) }
        return types
    }

    static func string(_ text: String) -> RawJSON {
        var json = JSONWriter()
        json.string(text)
        return RawJSON(validated: json.bytes)
    }

    private static func types(_ types: [String]) -> RawJSON {
        types.count == 1 ? string(types[0]) : array(types.map(string))
    }

    private static func array(_ elements: [RawJSON]) -> RawJSON { SchemaMembers.array(elements) }

    private static func object(_ name: String, _ value: RawJSON) -> RawJSON {
        var json = JSONWriter()
        json.beginObject()
        json.key(name)
        json.raw(value)
        json.endObject()
        return RawJSON(validated: json.bytes)
    }
}
