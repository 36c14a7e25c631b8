import UltraAPI

/// Decodes models in Docker's own format, an array or a single object, or in OpenAI's with the member `dmr`.
enum DockerModels {
    /// Decodes any of the formats. `null` is an empty list, as the program prints it.
    static func read(_ reader: inout JSONReader) throws(JSONError) -> [DiscoveredModel] {
        switch try reader.kind() {
        case .null:
            try reader.null()
            return []
        case .array:
            return try list(&reader)
        default:
            return try object(&reader)
        }
    }

    /// Decodes `{"object":"list","data":[…]}`, or a single model.
    private static func object(_ reader: inout JSONReader) throws(JSONError) -> [DiscoveredModel] {
        var models: [DiscoveredModel] = []
        var facts = Facts()
        var isList = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "data":
                isList = true
                if try reader.kind() == .array { models = try list(&reader) } else { try reader.skip() }
            default:
                try read(key, &reader, &facts)
            }
        }
        return isList ? models : [facts.model].compactMap { $0 }
    }

    private static func list(_ reader: inout JSONReader) throws(JSONError) -> [DiscoveredModel] {
        var models: [DiscoveredModel] = []
        try reader.beginArray()
        while try reader.nextElement() {
            guard try reader.kind() == .object else {
                try reader.skip()
                continue
            }
            var facts = Facts()
            try reader.beginObject()
            while let key = try reader.nextKey() { try read(key, &reader, &facts) }
            if let model = facts.model { models.append(model) }
        }
        return models
    }

    private static func read(_ key: JSONKey, _ reader: inout JSONReader, _ facts: inout Facts) throws(JSONError) {
        switch key {
        case "id": facts.id = try reader.text() ?? ""
        case "tags" where try reader.kind() == .array: facts.tags = try reader.texts()
        case "dmr", "config": try details(&reader, &facts)
        default: try reader.skip()
        }
    }

    private static func details(_ reader: inout JSONReader, _ facts: inout Facts) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "context_window": facts.window = try reader.count() ?? facts.window
            case "context_size": facts.configuredWindow = try reader.count()
            case "architecture": facts.architecture = try reader.text()?.lowercased()
            case "format": facts.format = try reader.text()?.lowercased()
            case "gguf" where try reader.kind() == .object: try gguf(&reader, &facts)
            default: try reader.skip()
            }
        }
    }

    /// Decodes the metadata of a GGUF file, whose values are all strings.
    private static func gguf(_ reader: inout JSONReader, _ facts: inout Facts) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "tokenizer.chat_template": facts.template = try reader.text()
            case "general.architecture": facts.architecture = try reader.text()?.lowercased() ?? facts.architecture
            case _ where String(key).hasSuffix(".context_length"):
                facts.trainedWindow = try reader.text().flatMap { Int($0) } ?? facts.trainedWindow
            default: try reader.skip()
            }
        }
    }
}

/// The facts about one model. The list has no capabilities; they are derived from architecture and template.
private struct Facts {
    var id = ""
    var tags: [String] = []
    var format: String?
    var architecture: String?
    var template: String?
    var window: Int?
    var configuredWindow: Int?
    /// The model's maximum window in tokens. The engine may run with a smaller one.
    var trainedWindow: Int?

    var model: DiscoveredModel? {
        guard !id.isEmpty || !tags.isEmpty else { return nil }
        let names = (tags.isEmpty ? [id] : tags).map { DockerModelName.short($0) }
        var model = DiscoveredModel(id: names[0])
        for alias in names.dropFirst() + names.flatMap({ DockerModelName.aliases(of: $0) })
        where alias != model.id && !model.aliases.contains(alias) {
            model.aliases.append(alias)
        }
        model.contextWindow = [window, configuredWindow, trainedWindow].lazy.compactMap { $0 }.first { $0 > 0 }
        if format == "diffusers" || format == "dduf" {
            model.kind = .other
        } else if architecture?.contains("bert") == true || model.id.lowercased().contains("embed") {
            model.kind = .embeddings
            model.capabilities = [.embeddings]
        } else {
            model.kind = .chat
            if let template { model.capabilities = capabilities(template) }
        }
        return model
    }

    /// The template does not reveal vision, so it is not listed.
    private func capabilities(_ template: String) -> Set<Capability> {
        var found: Set<Capability> = [.chat, .streaming, .json, .jsonSchema]
        if template.holds("tools") { found.insert(.tools) }
        if template.holds("think") { found.insert(.reasoning) }
        return found
    }
}
