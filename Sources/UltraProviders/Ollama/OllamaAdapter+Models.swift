package import UltraAPI

/// The list of models, `GET /api/tags`, and `POST /api/show` for what older servers leave out of it.
extension OllamaAdapter {
    package func detailRequest(_ model: DiscoveredModel) -> HTTPRequest? {
        guard model.capabilities == nil || model.contextWindow == nil else { return nil }
        var json = JSONWriter()
        json.beginObject()
        json.field("model", model.id)
        // The member's name in very old servers.
        json.field("name", model.id)
        json.endObject()
        return call("/api/show", json.bytes)
    }

    package var listForm: ModelListForm { ModelListForm("models") }

    package func decodeModels(_ reader: inout JSONReader) throws(JSONError) -> ModelPage {
        var models: [DiscoveredModel] = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "models" where try reader.kind() == .array:
                try reader.beginArray()
                while try reader.nextElement() {
                    if let model = try model(&reader) { models.append(model) }
                }
            default: try reader.skip()
            }
        }
        return ModelPage(models)
    }

    package func decodeDetail(_ reader: inout JSONReader, into model: inout DiscoveredModel) throws(JSONError) {
        var facts = Facts()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "template": facts.takesTools = try reader.text()?.holds(".Tools") == true
            case "parameters": facts.configuredWindow = try reader.text().flatMap(configuredWindow)
            case "projector_info":
                facts.hasProjector = try reader.isContainer()
                try reader.skip()
            case "model_info" where try reader.kind() == .object: try modelInfo(&reader, &facts)
            default: try readCommon(key, &reader, &facts)
            }
        }
        // The server's list takes precedence over what its template suggests.
        if let listed = facts.listed {
            apply(listed, to: &model)
        } else if model.capabilities == nil {
            apply(facts.guessed, to: &model)
        }
        model.contextWindow = facts.configuredWindow ?? model.contextWindow ?? facts.trainedWindow
    }

    /// The facts about one model, from the list or its details.
    private struct Facts {
        /// The server's `capabilities`, unmapped.
        var listed: [String]?
        var families: [String] = []
        var takesTools = false
        var hasProjector = false
        /// The parameter `num_ctx` of the model, in tokens.
        var configuredWindow: Int?
        /// The model's maximum window in tokens. The server may use a smaller one.
        var trainedWindow: Int?

        /// Capabilities for servers without the member `capabilities` (before early 2025).
        var guessed: [String] {
            if families.contains(where: { $0.contains("bert") }) { return ["embedding"] }
            let sees = hasProjector || families.contains { $0 == "clip" || $0 == "mllama" }
            return ["completion"] + (takesTools ? ["tools"] : []) + (sees ? ["vision"] : [])
        }
    }

    private func model(_ reader: inout JSONReader) throws(JSONError) -> DiscoveredModel? {
        guard try reader.kind() == .object else {
            try reader.skip()
            return nil
        }
        var model = DiscoveredModel(id: "")
        var facts = Facts()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "name": model.id = try reader.text() ?? model.id
            case "model": if let name = try reader.text(), model.id.isEmpty { model.id = name }
            default: try readCommon(key, &reader, &facts)
            }
        }
        guard !model.id.isEmpty else { return nil }
        if model.id.hasSuffix(":latest") { model.aliases = [String(model.id.dropLast(":latest".count))] }
        if let listed = facts.listed { apply(listed, to: &model) }
        model.contextWindow = facts.trainedWindow
        return model
    }

    /// Decodes members that the list and the details share.
    private func readCommon(_ key: JSONKey, _ reader: inout JSONReader, _ facts: inout Facts) throws(JSONError) {
        switch key {
        case "capabilities" where try reader.kind() == .array:
            facts.listed = try reader.texts()
        case "details" where try reader.kind() == .object:
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "family": if let family = try reader.text() { facts.families.append(family) }
                case "families" where try reader.kind() == .array: facts.families += try reader.texts()
                case "context_length": facts.trainedWindow = try reader.count() ?? facts.trainedWindow
                default: try reader.skip()
                }
            }
        default:
            try reader.skip()
        }
    }

    private func modelInfo(_ reader: inout JSONReader, _ facts: inout Facts) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            // The name begins with the architecture, such as `llama.context_length`.
            if String(key).hasSuffix(".context_length") {
                facts.trainedWindow = try reader.count() ?? facts.trainedWindow
            } else {
                try reader.skip()
            }
        }
    }

    /// Finds `num_ctx` in `parameters`, which has one name and value per line.
    private func configuredWindow(_ parameters: String) -> Int? {
        for line in parameters.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.count == 2, words[0] == "num_ctx", let window = Int(words[1]), window > 0 { return window }
        }
        return nil
    }

    private func apply(_ words: [String], to model: inout DiscoveredModel) {
        var found: Set<Capability> = []
        for word in words {
            switch word {
            case "completion": found.formUnion([.chat, .streaming, .json, .jsonSchema])
            case "tools": found.insert(.tools)
            case "vision": found.insert(.vision)
            case "thinking": found.insert(.reasoning)
            case "embedding": found.insert(.embeddings)
            default: break
            }
        }
        model.capabilities = found
        model.kind = found.contains(.chat) ? .chat : found.contains(.embeddings) ? .embeddings : .other
    }
}
