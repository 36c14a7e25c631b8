package import UltraAPI

/// `GET /v1/models` and `GET /v1/models/{id}` in OpenAI's shape, with what is known of each model beside it.
package struct OpenAIModel: Sendable, Equatable {
    package var id: String
    /// The provider's id.
    package var owner: String
    package var contextWindow: Int?
    package var maxOutputTokens: Int?
    /// nil: not known.
    package var capabilities: [String]?

    package init(
        id: String, owner: String, contextWindow: Int? = nil, maxOutputTokens: Int? = nil, capabilities: [String]? = nil
    ) {
        self.id = id
        self.owner = owner
        self.contextWindow = contextWindow
        self.maxOutputTokens = maxOutputTokens
        self.capabilities = capabilities
    }

    package func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("id", id)
        json.field("object", "model")
        // When it was made is not known.
        json.field("created", 0)
        json.field("owned_by", owner)
        json.fieldIfPresent("context_window", contextWindow)
        json.fieldIfPresent("max_output_tokens", maxOutputTokens)
        if let capabilities {
            json.key("capabilities")
            json.beginArray()
            for capability in capabilities { json.string(capability) }
            json.endArray()
        }
        json.endObject()
    }

    package static func list(_ models: [OpenAIModel]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("object", "list")
        json.key("data")
        json.beginArray()
        for model in models { model.write(to: &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }
}
