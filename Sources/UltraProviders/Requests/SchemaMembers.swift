import UltraAPI

/// The members of one JSON Schema object, in their order.
struct SchemaMembers: Equatable {
    private var names: [String] = []
    private var values: [RawJSON?] = []
    /// The index of each member. Removed members leave a gap in `values`.
    private var places: [String: Int] = [:]

    init() {}

    /// Parses a schema. `true`, which allows anything, becomes a schema without members. A null keyword that would hold
    /// schemas is left out.
    /// - Throws: `unsupported` for `false`, `notASchema` for anything that is not an object.
    init(_ schema: RawJSON) throws(GeminiSchema.Flaw) {
        if schema.bytes == Array("true".utf8) { return }
        do throws(JSONError) {
            self = try JSONReader.read(schema.bytes) { (reader) throws(JSONError) in
                var members = SchemaMembers()
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    if ToolSchema.holdsSchemas(key), try reader.kind() == .null {
                        try reader.skip()
                    } else {
                        members[String(key)] = try reader.rawJSON()
                    }
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

    static func array(_ elements: [RawJSON]) -> RawJSON {
        var json = JSONWriter()
        json.beginArray()
        for element in elements { json.raw(element) }
        json.endArray()
        return RawJSON(validated: json.bytes)
    }

    static func == (left: SchemaMembers, right: SchemaMembers) -> Bool {
        left.list.elementsEqual(right.list) { $0.name == $1.name && $0.value == $1.value }
    }

    var isEmpty: Bool { places.isEmpty }

    var list: [(name: String, value: RawJSON)] {
        zip(names, values).compactMap { name, value in value.map { (name, $0) } }
    }

    subscript(name: String) -> RawJSON? {
        get { places[name].flatMap { values[$0] } }
        set {
            guard let newValue else {
                remove(name)
                return
            }
            if let place = places[name] {
                values[place] = newValue
            } else {
                places[name] = names.count
                names.append(name)
                values.append(newValue)
            }
        }
    }

    @discardableResult
    mutating func remove(_ name: String) -> RawJSON? {
        guard let place = places.removeValue(forKey: name) else { return nil }
        defer { values[place] = nil }
        return values[place]
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

/// The conjunction of several schemas (`allOf`). Members that are lists or objects are kept parsed until `members` is
/// read, so adding a schema costs time by its own size only.
struct SchemaUnion {
    private var plain: SchemaMembers
    private var objects: [String: SchemaMembers] = [:]
    private var required: (list: [RawJSON], seen: Set<RawJSON>)?

    init(_ members: SchemaMembers) {
        plain = members
    }

    /// Adds the constraints of `other`. For annotations (such as `title`) the first schema's value is kept.
    /// - Throws: `unsupported` if a keyword has two different values that cannot be merged.
    mutating func add(_ other: SchemaMembers) throws(GeminiSchema.Flaw) {
        for (name, value) in other.list {
            guard let mine = plain[name], mine != value else {
                plain[name] = value
                continue
            }
            switch name {
            case "properties", "$defs", "definitions":
                var both: SchemaMembers
                if let open = objects.removeValue(forKey: name) { both = open } else { both = try SchemaMembers(mine) }
                for (member, value) in try SchemaMembers(value).list {
                    if let mine = both[member], mine != value { throw .unsupported("allOf of different \(name)") }
                    both[member] = value
                }
                objects[name] = both
            case "required":
                var (list, seen) = required ?? ([], [])
                required = nil
                if list.isEmpty { list = try SchemaMembers.elements(mine).filter { seen.insert($0).inserted } }
                for element in try SchemaMembers.elements(value) where seen.insert(element).inserted {
                    list.append(element)
                }
                required = (list, seen)
            case "title", "description", "default", "examples", "$schema", "$id": break
            default: throw .unsupported("allOf of different \(name)")
            }
        }
    }

    var members: SchemaMembers {
        var members = plain
        for (name, object) in objects { members[name] = object.json }
        if let required { members["required"] = SchemaMembers.array(required.list) }
        return members
    }
}
