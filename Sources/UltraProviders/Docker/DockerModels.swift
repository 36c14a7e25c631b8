package import UltraAPI

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

/// The different spellings of a Model Runner model's name.
enum DockerModelName {
    /// The usual spelling: without registry and default tag, and `hf.co` for Hugging Face. The id of an untagged model,
    /// `sha256:…`, is unchanged.
    static func short(_ tag: String) -> String {
        var name = Substring(tag)
        if name.hasPrefix("sha256:") { return tag }
        for registry in ["docker.io/", "index.docker.io/"] where name.hasPrefix(registry) {
            name = name.dropFirst(registry.count)
        }
        if name.hasPrefix("huggingface.co/") { name = "hf.co/" + name.dropFirst("huggingface.co/".count) }
        if name.hasSuffix(":latest") { name = name.dropLast(":latest".count) }
        return String(name)
    }

    /// Other spellings of `short` in use.
    static func aliases(of short: String) -> [String] {
        guard !short.hasPrefix("sha256:") else { return [] }
        var aliases: [String] = []
        let name = short.split(separator: "/").last ?? ""
        if !name.contains(":") { aliases.append("\(short):latest") }
        // The default organisation may be omitted.
        if short.hasPrefix("ai/") { aliases += [String(short.dropFirst(3)), "docker.io/\(short)"] }
        return aliases
    }

    /// True if the name can be a program's argument: it cannot be taken for an option and has no white space.
    static func isArgument(_ name: String) -> Bool {
        guard let first = name.utf8.first, first != UInt8(ascii: "-"), name.utf8.count <= 512 else { return false }
        return name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// A model that an engine of Model Runner has loaded or is loading: one element of `GET /engines/ps`.
package struct DockerRunning: Sendable, Equatable {
    /// The name in its short form, or a `sha256:` id.
    package var model: String
    /// True while the model is being loaded; requests wait for it.
    package var isLoading: Bool

    /// Decodes the reply to `DockerAdapter.loadingRequest()`. Older servers do not report what is being loaded.
    package static func read(_ reader: inout JSONReader) throws(JSONError) -> [DockerRunning] {
        guard try reader.kind() == .array else {
            try reader.skip()
            return []
        }
        var running: [DockerRunning] = []
        try reader.beginArray()
        while try reader.nextElement() {
            var found = DockerRunning(model: "", isLoading: false)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "model_name": found.model = DockerModelName.short(try reader.text() ?? "")
                case "loading": found.isLoading = try reader.boolOrNull() ?? false
                default: try reader.skip()
                }
            }
            if !found.model.isEmpty { running.append(found) }
        }
        return running
    }
}
