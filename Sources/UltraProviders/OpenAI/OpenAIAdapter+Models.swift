package import UltraAPI

/// Decoding of `GET /models`. OpenAI lists only ids. Other servers add context windows, prices and capabilities under
/// their own names, and Together sends a bare array.
extension OpenAIAdapter {
    package var listForm: ModelListForm { ModelListForm("data", "models", allowsBareArray: true) }

    package func decodeModels(_ reader: inout JSONReader) throws(JSONError) -> ModelPage {
        var models: [DiscoveredModel] = []
        var multimodal: Set<String> = []
        var named: [String] = []
        var hasData = false
        if try reader.kind() == .array {
            try list(&reader, &models)
            return ModelPage(models)
        }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "data" where try reader.kind() == .array:
                hasData = true
                try list(&reader, &models)
            case "models" where try reader.kind() == .array: multimodal = try secondList(&reader, &named)
            default: try reader.skip()
            }
        }
        if !hasData { models = named.map { DiscoveredModel(id: $0) } }
        for index in models.indices where multimodal.contains(models[index].id) {
            models[index].capabilities = (models[index].capabilities ?? []).union([.vision])
        }
        return ModelPage(models)
    }

    /// Decodes `models`, `[{"name":…,"model":…,"capabilities":["completion","multimodal"]}]`. llama.cpp sends it in
    /// addition to `data`, other servers instead of it.
    /// - Parameter named: receives the names of the models.
    /// - Returns: the names of the models that accept images.
    private func secondList(_ reader: inout JSONReader, _ named: inout [String]) throws(JSONError) -> Set<String> {
        var found: Set<String> = []
        try reader.beginArray()
        while try reader.nextElement() {
            guard try reader.kind() == .object else {
                try reader.skip()
                continue
            }
            var name = ""
            var model = ""
            var isMultimodal = false
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "name": name = try reader.text() ?? ""
                case "model", "id": model = try reader.text() ?? ""
                case "capabilities" where try reader.kind() == .array:
                    isMultimodal = try reader.texts().contains("multimodal")
                default: try reader.skip()
                }
            }
            let id = model.isEmpty ? name : model
            if !id.isEmpty { named.append(id) }
            if isMultimodal { found.formUnion([name, model]) }
        }
        return found
    }

    private func list(_ reader: inout JSONReader, _ models: inout [DiscoveredModel]) throws(JSONError) {
        try reader.beginArray()
        while try reader.nextElement() {
            if let model = try model(&reader) { models.append(model) }
        }
    }

    private func model(_ reader: inout JSONReader) throws(JSONError) -> DiscoveredModel? {
        guard try reader.kind() == .object else {
            try reader.skip()
            return nil
        }
        var model = DiscoveredModel(id: "")
        var isActive = true
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "id":
                model.id = try reader.text() ?? ""
            case "name", "display_name":
                model.displayName = try reader.text()
            case "aliases" where try reader.kind() == .array:
                model.aliases = try reader.texts()
            case "active":
                // Groq lists models that it has switched off.
                isActive = try reader.text() != "false"
            case "type":
                model.kind = kind(ofType: try reader.text())
            case "context_window", "context_length", "max_model_len", "max_context_length":
                model.contextWindow = try reader.count() ?? model.contextWindow
            case "max_completion_tokens", "max_output_tokens":
                model.maxOutputTokens = try reader.count() ?? model.maxOutputTokens
            case "meta", "dmr", "top_provider":
                try limits(&reader, &model)
            case "pricing":
                model.price = try price(&reader)
            case "supported_parameters" where try reader.kind() == .array:
                capabilities(ofParameters: try reader.texts(), &model)
            case "expiration_date", "shutdown_date":
                model.retiresOn = try reader.text()
            case "supports_chat":
                if try reader.text() == "true" { model.kind = .chat }
            case "supports_tools":
                flag(.tools, try reader.text(), &model)
            case "supports_image_input":
                flag(.vision, try reader.text(), &model)
            case "architecture":
                try modalities(&reader, &model)
            default:
                try reader.skip()
            }
        }
        guard isActive, !model.id.isEmpty else { return nil }
        if model.kind == nil { model.kind = kind(ofID: model.id) }
        return model
    }

    /// Decodes a group of limits: llama.cpp's `meta`, Docker's `dmr` or OpenRouter's `top_provider`.
    private func limits(_ reader: inout JSONReader, _ model: inout DiscoveredModel) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "n_ctx", "context_window": model.contextWindow = try reader.count() ?? model.contextWindow
            case "n_ctx_train":
                let trained = try reader.count()
                model.contextWindow = model.contextWindow ?? trained
            case "max_completion_tokens": model.maxOutputTokens = try reader.count() ?? model.maxOutputTokens
            default: try reader.skip()
            }
        }
    }

    /// Decodes prices. OpenRouter sends strings in USD per token, and -1 for variable prices; Together sends numbers in
    /// USD per million tokens.
    private func price(_ reader: inout JSONReader) throws(JSONError) -> Price? {
        guard try reader.kind() == .object else {
            try reader.skip()
            return nil
        }
        var input: Double?
        var output: Double?
        var cached: Double?
        var scale = 1.0
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "prompt":
                input = try reader.text().flatMap(Double.init)
                scale = 1_000_000
            case "completion": output = try reader.text().flatMap(Double.init)
            case "input_cache_read": cached = try reader.text().flatMap(Double.init)
            case "input": input = try reader.text().flatMap(Double.init)
            case "output": output = try reader.text().flatMap(Double.init)
            default: try reader.skip()
            }
        }
        guard let input, let output, input >= 0, output >= 0 else { return nil }
        return Price(input: input * scale, cachedInput: cached.map { $0 * scale }, output: output * scale)
    }

    private func modalities(_ reader: inout JSONReader, _ model: inout DiscoveredModel) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "input_modalities" where try reader.kind() == .array:
                if try reader.texts().contains("image") {
                    model.capabilities = (model.capabilities ?? []).union([.vision])
                }
            default: try reader.skip()
            }
        }
    }

    /// Adds a capability if Fireworks' flag for it is true.
    private func flag(_ capability: Capability, _ value: String?, _ model: inout DiscoveredModel) {
        if value == "true" { model.capabilities = (model.capabilities ?? []).union([capability]) }
    }

    private func capabilities(ofParameters parameters: [String], _ model: inout DiscoveredModel) {
        var found: Set<Capability> = [.chat, .streaming]
        if parameters.contains("tools") { found.insert(.tools) }
        if parameters.contains("structured_outputs") { found.insert(.jsonSchema) }
        if parameters.contains("response_format") { found.insert(.json) }
        if parameters.contains("reasoning") { found.insert(.reasoning) }
        model.capabilities = (model.capabilities ?? []).union(found)
    }

    private func kind(ofType type: String?) -> DiscoveredModel.Kind? {
        switch type {
        case "chat", "language", "llm", "vlm": .chat
        case "embedding", "embeddings": .embeddings
        case "image", "audio", "moderation", "rerank", "transcribe", "video": .other
        default: nil
        }
    }

    /// The kind by the naming scheme of OpenAI's models; nil if the id does not reveal it.
    private func kind(ofID id: String) -> DiscoveredModel.Kind? {
        let name = id.split(separator: "/").last.map { $0.lowercased() } ?? ""
        if name.hasPrefix("text-embedding") || name.contains("embed") { return .embeddings }
        guard dialect.models == .openAI else { return nil }
        let others = [
            "whisper", "tts-", "dall-e", "gpt-image", "chatgpt-image", "sora", "omni-moderation", "babbage", "davinci",
            "gpt-realtime", "gpt-audio",
        ]
        let parts = ["-transcribe", "-tts", "-realtime", "-instruct", "-audio"]
        if others.contains(where: name.hasPrefix) || parts.contains(where: name.contains) { return .other }
        if ModelRules.of(id, .openAI, hasTools: false, hasEffort: false).needsResponsesAPI { return .chat }
        let isChat = ["gpt-", "chatgpt-", "ft:", "o1", "o3", "o4"].contains(where: name.hasPrefix)
        return isChat ? .chat : nil
    }
}
