package import UltraAPI

/// Models in OpenAI's shape, with their known properties as additional members.
package enum OpenAIModelList {
    private static func write(_ model: ListedModel, to json: inout JSONWriter) {
        json.field("id", model.id)
        json.field("object", "model")
        // The creation time is unknown.
        json.field("created", 0)
        json.field("owned_by", model.owner)
        json.fieldIfPresent("context_window", model.contextWindow)
        json.fieldIfPresent("max_output_tokens", model.maxOutputTokens)
        guard let capabilities = model.capabilities else { return }
        json.key("capabilities")
        json.beginArray()
        for capability in capabilities { json.string(capability) }
        json.endArray()
    }

    /// The model alone.
    package static func report(_ model: ListedModel) -> Report { Report { write(model, to: &$0) } }

    package static func report(_ models: [ListedModel]) -> Report {
        Report { json in
            json.field("object", "list")
            json.key("data")
            json.beginArray()
            for model in models {
                json.beginObject()
                write(model, to: &json)
                json.endObject()
            }
            json.endArray()
        }
    }
}
