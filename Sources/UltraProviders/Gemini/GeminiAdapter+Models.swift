package import UltraAPI

/// Decoding of `GET /models`. The list has limits and methods; capabilities follow from the model's family.
extension GeminiAdapter {
    package var listForm: ModelListForm { ModelListForm("models") }

    package func decodeModels(_ reader: inout JSONReader) throws(JSONError) -> ModelPage {
        var page = ModelPage()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "models" where try reader.kind() == .array:
                try reader.beginArray()
                while try reader.nextElement() {
                    if let model = try model(&reader) { page.models.append(model) }
                }
            case "nextPageToken":
                let token = try reader.text()
                page.next = token == "" ? nil : token
            default: try reader.skip()
            }
        }
        return page
    }

    private func model(_ reader: inout JSONReader) throws(JSONError) -> DiscoveredModel? {
        guard try reader.kind() == .object else {
            try reader.skip()
            return nil
        }
        var model = DiscoveredModel(id: "")
        var methods: [String] = []
        var thinks = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "name":
                let name = try reader.text() ?? ""
                model.id = name.hasPrefix("models/") ? String(name.dropFirst("models/".count)) : name
            case "displayName": model.displayName = try reader.text()
            case "inputTokenLimit": model.contextWindow = try reader.count()
            case "outputTokenLimit": model.maxOutputTokens = try reader.count()
            case "supportedGenerationMethods" where try reader.kind() == .array: methods = try reader.texts()
            case "thinking": thinks = try reader.text() == "true"
            default: try reader.skip()
            }
        }
        guard !model.id.isEmpty else { return nil }
        if methods.contains("generateContent"), !Self.isNotChat(model.id) {
            model.kind = .chat
            model.capabilities = capabilities(model.id, thinks: thinks)
        } else if methods.contains("embedContent") {
            model.kind = .embeddings
            model.capabilities = [.embeddings]
            // The list reports 1, although a vector has no tokens.
            model.maxOutputTokens = nil
        } else {
            // A list without methods does not reveal the kind.
            model.kind = methods.isEmpty ? nil : .other
        }
        return model
    }

    /// True for models of `generateContent` that produce images, speech or music, and for agents with another API.
    private static func isNotChat(_ id: String) -> Bool {
        GeminiRules.isMediaModel(id) || id.holds("computer-use")
            || ["lyria", "deep-research", "antigravity", "aqa"].contains(where: id.hasPrefix)
    }

    private func capabilities(_ id: String, thinks: Bool) -> Set<Capability> {
        let rules = GeminiRules.of(id)
        var found: Set<Capability> = [.chat, .streaming]
        guard id.hasPrefix("gemini-") else { return found }
        found.formUnion([.vision, .json, .jsonSchema])
        if rules.takesTools { found.insert(.tools) }
        if thinks, rules.thinking != .none { found.insert(.reasoning) }
        return found
    }
}
