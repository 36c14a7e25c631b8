import UltraAPI

/// The members of one schema object, in their order; few, so that looking one up is a walk.
struct GeminiSchemaMembers: Equatable {
    private(set) var names: [String] = []
    private var values: [RawJSON] = []

    init() {}

    /// `true` is the schema that allows anything.
    init(_ schema: RawJSON) throws(GeminiSchema.Flaw) {
        if schema.bytes == Array("true".utf8) { return }
        do throws(JSONError) {
            self = try JSONReader.read(schema.bytes) { (reader) throws(JSONError) in
                var members = GeminiSchemaMembers()
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    members[String(key)] = try reader.rawJSON()
                }
                return members
            }
        } catch {
            throw schema.bytes == Array("false".utf8) ? .unsupported("false") : .notASchema
        }
    }

    static func elements(_ array: RawJSON) throws(GeminiSchema.Flaw) -> [RawJSON] {
        do throws(JSONError) {
            return try JSONReader.read(array.bytes) { (reader) throws(JSONError) in
                var elements: [RawJSON] = []
                try reader.beginArray()
                while try reader.nextElement() { elements.append(try reader.rawJSON()) }
                return elements
            }
        } catch {
            throw .notASchema
        }
    }

    var isEmpty: Bool { names.isEmpty }
    var list: [(name: String, value: RawJSON)] { Array(zip(names, values)) }

    subscript(name: String) -> RawJSON? {
        get { names.firstIndex(of: name).map { values[$0] } }
        set {
            guard let newValue else {
                remove(name)
                return
            }
            if let index = names.firstIndex(of: name) {
                values[index] = newValue
            } else {
                names.append(name)
                values.append(newValue)
            }
        }
    }

    @discardableResult
    mutating func remove(_ name: String) -> RawJSON? {
        guard let index = names.firstIndex(of: name) else { return nil }
        names.remove(at: index)
        return values.remove(at: index)
    }

    /// Adds what `other` demands. Annotations here stand; of two demands that differ nothing can be made.
    mutating func merge(_ other: GeminiSchemaMembers) throws(GeminiSchema.Flaw) {
        for (name, value) in other.list {
            guard let mine = self[name], mine != value else {
                self[name] = value
                continue
            }
            switch name {
            case "properties", "$defs", "definitions":
                var both = try GeminiSchemaMembers(mine)
                for (name, value) in try GeminiSchemaMembers(value).list {
                    if let mine = both[name], mine != value { throw .unsupported("allOf of different \(name)") }
                    both[name] = value
                }
                self[name] = both.json
            case "required":
                let all = try Self.elements(mine) + Self.elements(value)
                var json = JSONWriter()
                json.beginArray()
                for (index, element) in all.enumerated() where !all[..<index].contains(element) { json.raw(element) }
                json.endArray()
                self[name] = RawJSON(validated: json.bytes)
            case "title", "description", "default", "examples", "$schema", "$id": break
            default: throw .unsupported("allOf of different \(name)")
            }
        }
    }

    var json: RawJSON {
        var json = JSONWriter()
        json.beginObject()
        for (name, value) in list {
            json.key(name)
            json.raw(value)
        }
        json.endObject()
        return RawJSON(validated: json.bytes)
    }
}
