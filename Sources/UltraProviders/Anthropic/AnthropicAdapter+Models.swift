package import UltraAPI

/// Decoding of `GET /models`: newest first, in pages. Older servers list only ids and names.
extension AnthropicAdapter {
    package func decodeModels(_ reader: inout JSONReader) throws(JSONError) -> ModelPage {
        var page = ModelPage()
        var hasMore = false
        var last: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "data" where try reader.kind() == .array:
                try reader.beginArray()
                while try reader.nextElement() {
                    if let model = try model(&reader) { page.models.append(model) }
                }
            case "has_more": hasMore = try reader.text() == "true"
            case "last_id": last = try reader.text()
            default: try reader.skip()
            }
        }
        if hasMore { page.next = last ?? page.models.last?.id }
        return page
    }

    private func model(_ reader: inout JSONReader) throws(JSONError) -> DiscoveredModel? {
        guard try reader.kind() == .object else {
            try reader.skip()
            return nil
        }
        var model = DiscoveredModel(id: "")
        model.kind = .chat
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "id": model.id = try reader.text() ?? ""
            case "display_name": model.displayName = try reader.text()
            case "max_input_tokens": model.contextWindow = try reader.count()
            case "max_tokens": model.maxOutputTokens = try reader.count()
            case "retires_at": model.retiresOn = try reader.text()
            case "capabilities" where try reader.kind() == .object: model.capabilities = try capabilities(&reader)
            default: try reader.skip()
            }
        }
        return model.id.isEmpty ? nil : model
    }

    /// All models of this API support chat, streaming and tools; JSON without a schema is requested by an instruction.
    private func capabilities(_ reader: inout JSONReader) throws(JSONError) -> Set<Capability> {
        var found: Set<Capability> = [.chat, .streaming, .tools, .json]
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "image_input": if try isSupported(&reader) { found.insert(.vision) }
            case "structured_outputs": if try isSupported(&reader) { found.insert(.jsonSchema) }
            case "thinking": if try isSupported(&reader) { found.insert(.reasoning) }
            default: try reader.skip()
            }
        }
        return found
    }

    private func isSupported(_ reader: inout JSONReader) throws(JSONError) -> Bool {
        var isSupported = false
        guard try reader.kind() == .object else {
            try reader.skip()
            return false
        }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "supported": isSupported = try reader.text() == "true"
            default: try reader.skip()
            }
        }
        return isSupported
    }
}
