import UltraAPI

/// What `models` answers.
struct ModelList {
    var models: [ModelReport] = []
    /// The id of the model that answers when none is named.
    var defaultModel: String?

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "models": models = try reader.elements { (reader) throws(JSONError) in try ModelReport(&reader) }
            case "default": defaultModel = try reader.stringOrNull()
            default: try reader.skip()
            }
        }
    }

    /// The models that `name` may mean: one by its id or else an alias, or else all of that name at their providers.
    func named(_ name: String) -> [ModelReport] {
        if let exact = models.first(where: { $0.id == name }) ?? models.first(where: { $0.aliases.contains(name) }) {
            return [exact]
        }
        return models.filter { $0.name == name }
    }

    /// The one model that `name` means.
    ///
    /// - Throws: `.notFound` if there is none, or several.
    func only(_ name: String) throws(Failure) -> ModelReport {
        let found = named(name)
        guard let model = found.first else {
            throw .notFound("no model is called \(name)", hint: "see: ultractl models --all")
        }
        guard found.count == 1 else {
            let ids = found.map(\.id).joined(separator: ", ")
            throw .notFound("several providers have \(name)", hint: "name one of \(ids)")
        }
        return model
    }

    /// The object of the model with an id as the daemon wrote it, as one line with its newline; empty: there is none.
    static func object(of id: String, _ reader: inout JSONReader) throws(JSONError) -> [UInt8] {
        var found: [UInt8] = []
        try reader.members { (key, reader) throws(JSONError) in
            guard "models" ~= key else { return try reader.skip() }
            let objects = try reader.elements { (reader) throws(JSONError) in try reader.rawJSON() }
            for object in objects where found.isEmpty {
                let model = try JSONReader.read(object.bytes) { (reader) throws(JSONError) in try ModelReport(&reader) }
                if model.id == id { found = object.line }
            }
        }
        return found
    }
}

extension RawJSON {
    /// The value on a line of its own: line ends between its parts are white space like any other.
    var line: [UInt8] {
        bytes.map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? UInt8(ascii: " ") : $0 }
            + [UInt8(ascii: "\n")]
    }
}
