package import UltraAPI

/// One model in OpenAI's shape, with its known properties as additional members.
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

    private func writeMembers(to json: inout JSONWriter) {
        json.field("id", id)
        json.field("object", "model")
        // The creation time is unknown.
        json.field("created", 0)
        json.field("owned_by", owner)
        json.fieldIfPresent("context_window", contextWindow)
        json.fieldIfPresent("max_output_tokens", maxOutputTokens)
        guard let capabilities else { return }
        json.key("capabilities")
        json.beginArray()
        for capability in capabilities { json.string(capability) }
        json.endArray()
    }

    /// The model alone.
    package var report: Report { Report { writeMembers(to: &$0) } }

    package static func list(_ models: [OpenAIModel]) -> Report {
        Report { json in
            json.field("object", "list")
            json.key("data")
            json.beginArray()
            for model in models {
                json.beginObject()
                model.writeMembers(to: &json)
                json.endObject()
            }
            json.endArray()
        }
    }
}
