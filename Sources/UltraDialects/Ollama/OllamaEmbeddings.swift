package import UltraAPI

/// A request of Ollama's `/api/embed`, or of its predecessor `/api/embeddings`.
package struct OllamaEmbedRequest: Sendable, Equatable {
    package var request: EmbedRequest
    /// True for `/api/embeddings`, which has one `prompt` and answers with one vector.
    package let isLegacy: Bool
    /// The model as the client wrote it.
    package let name: String
    /// One sentence for each dropped member.
    package let warnings: [String]

    /// - Throws: `invalid_request` or `capability_missing`; `field` is the member.
    package init(_ body: [UInt8], isLegacy: Bool) throws(UltraError) {
        var request = EmbedRequest(input: [])
        var warnings = RequestWarnings()
        try RequestBody.read(body) { (fields) throws(UltraError) in
            try fields.object("a JSON object") { (fields, key) throws(UltraError) in
                guard try !fields.skipNull() else { return }
                switch key {
                case "model": request.model = try fields.name("the name of a model", .modelBytes)
                case "prompt" where isLegacy: request.input = [try fields.name("a text that is not empty")]
                case "input" where !isLegacy:
                    let what = "a text that is not empty, or an array of them"
                    request.input =
                        try fields.isNext(.string)
                        ? [fields.name(what)] : fields.names(what, .inputs, "a text that is not empty", nil)
                case "dimensions" where !isLegacy: request.dimensions = try fields.int(1...65_536)
                case "truncate" where !isLegacy: try fields.skip()
                default:
                    warnings.leftOut(String(key))
                    try fields.skip()
                }
            }
        }
        guard let name = request.model else {
            throw UltraError(.invalidRequest, "model is missing", hint: "send the name of a model", field: "model")
        }
        if isLegacy, request.input.isEmpty {
            throw UltraError(.invalidRequest, "prompt is missing", hint: "send a text", field: "prompt")
        }
        self.request = request
        self.isLegacy = isLegacy
        self.name = name
        self.warnings = warnings.sentences
    }

    /// The answer to a request without input, which only asks for the model to be loaded.
    package var emptyBody: [UInt8] { body([], tokens: 0) }

    /// The answer in the form of the request's path; token counts that the provider did not report are estimated.
    package func body(_ answer: EmbedAnswer) -> [UInt8] {
        body(answer.embeddings.vectors, tokens: answer.embeddings.inputTokens ?? TokenEstimate.input(request))
    }

    private func body(_ vectors: [RawJSON], tokens: Int) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        if isLegacy, let vector = vectors.first {
            json.field("embedding", vector)
        } else {
            json.field("model", name)
            json.key("embeddings")
            json.beginArray()
            for vector in vectors { json.raw(vector) }
            json.endArray()
            // The durations are not measured.
            json.field("total_duration", 0)
            json.field("load_duration", 0)
            json.field("prompt_eval_count", tokens)
        }
        json.endObject()
        return json.bytes
    }
}
