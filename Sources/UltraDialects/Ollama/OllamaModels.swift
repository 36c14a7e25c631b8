package import UltraAPI

/// Answers about models in Ollama's shape, with every field that its programs read.
package enum OllamaModels {
    /// The answer to `/api/version`: the version of Ollama whose API the door implements.
    package static let version = Array(#"{"version":"0.32.0"}"#.utf8)
    /// The answer to `/api/ps`: the daemon itself loads no models.
    package static let loaded = Array(#"{"models":[]}"#.utf8)
    /// The answer to `/api/pull` for a model that requests can name.
    package static let pulled = Array("{\"status\":\"success\"}\n".utf8)

    /// A fixed value, since the time of the last change is unknown.
    private static let modifiedAt = "1970-01-01T00:00:00Z"

    /// The name of a model for Ollama's programs: models of the provider `ollama` have no provider before their name.
    package static func name(_ model: ListedModel) -> String {
        let prefix = OllamaMembers.provider + "/"
        return model.owner == OllamaMembers.provider && model.id.hasPrefix(prefix)
            ? String(model.id.dropFirst(prefix.count)) : model.id
    }

    /// The answer to `/api/tags`.
    ///
    /// - Parameter digest: Returns 64 hexadecimal digits for a model's id.
    package static func tags(_ models: [ListedModel], digest: (String) -> String) -> Report {
        Report { json in
            json.key("models")
            json.beginArray()
            for model in models {
                json.beginObject()
                json.field("name", name(model))
                json.field("model", name(model))
                json.field("modified_at", modifiedAt)
                json.field("size", 0)
                json.field("digest", digest(model.id))
                details(model, to: &json)
                capabilities(model, to: &json)
                json.endObject()
            }
            json.endArray()
        }
    }

    /// The answer to `/api/show`.
    package static func show(_ model: ListedModel) -> Report {
        Report { json in
            details(model, to: &json)
            json.key("model_info")
            json.beginObject()
            json.field("general.architecture", "ultra")
            json.fieldIfPresent("ultra.context_length", model.contextWindow)
            json.endObject()
            capabilities(model, to: &json)
            json.field("template", "")
            json.field("parameters", "")
            json.field("modified_at", modifiedAt)
        }
    }

    private static func details(_ model: ListedModel, to json: inout JSONWriter) {
        json.key("details")
        json.beginObject()
        json.field("parent_model", "")
        json.field("format", "ultra")
        json.field("family", model.owner)
        json.key("families")
        json.beginArray()
        json.string(model.owner)
        json.endArray()
        json.field("parameter_size", "")
        json.field("quantization_level", "")
        json.endObject()
    }

    private static let words = [
        ("chat", "completion"), ("tools", "tools"), ("vision", "vision"), ("reasoning", "thinking"),
        ("embeddings", "embedding"),
    ]

    /// Writes the capabilities; a model with unknown ones is shown as a text model.
    private static func capabilities(_ model: ListedModel, to json: inout JSONWriter) {
        json.key("capabilities")
        json.beginArray()
        for (ours, theirs) in words where (model.capabilities ?? ["chat"]).contains(ours) { json.string(theirs) }
        json.endArray()
    }

    /// The model named in the body of a request to `/api/show` or `/api/pull`.
    ///
    /// - Throws: `invalid_request` if the body is no JSON object or names no model.
    package static func named(_ body: [UInt8]) throws(UltraError) -> String {
        let name = try RequestBody.read(body) { (fields) throws(UltraError) in
            var name: String?
            try fields.object("a JSON object") { (fields, key) throws(UltraError) in
                switch key {
                case "model", "name": name = try fields.name("the name of a model", .modelBytes)
                default: try fields.skip()
                }
            }
            return name
        }
        guard let name else {
            throw UltraError(.invalidRequest, "model is missing", hint: "send the name of a model", field: "model")
        }
        return name
    }
}
