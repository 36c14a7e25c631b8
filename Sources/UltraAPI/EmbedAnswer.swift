/// The answer to an `embed` request, with the daemon's own data about it.
package struct EmbedAnswer: Sendable, Equatable {
    /// `provider/model` that answered, as routed.
    package var model: String
    package var provider: String
    package var embeddings: Embeddings
    /// Millionths of a US dollar; nil if unknown.
    package var costMicroUSD: Int?
    package var cache: Answer.CacheState = .off
    package var attempts: [Attempt] = []
    package var requestID: String?
    package var warnings: [String] = []

    package init(model: String, provider: String, _ embeddings: Embeddings) {
        self.model = model
        self.provider = provider
        self.embeddings = embeddings
    }
}

extension FrameWriter {
    /// Appends the `result` of `embed`.
    package mutating func result(_ id: Int, _ answer: EmbedAnswer) {
        frame(id, "result") { json in
            json.field("model", answer.model)
            json.field("provider", answer.provider)
            json.fieldOrNull("provider_model", answer.embeddings.providerModel)
            json.key("embeddings")
            json.beginArray()
            for vector in answer.embeddings.vectors { json.raw(vector) }
            json.endArray()
            json.fieldOrNull("dimensions", answer.embeddings.dimensions)
            json.key("usage")
            json.beginObject()
            json.fieldOrNull("input_tokens", answer.embeddings.inputTokens)
            json.endObject()
            json.key("cost_usd")
            if let cost = answer.costMicroUSD { json.fixed(cost, places: 6) } else { json.null() }
            json.field("cache", answer.cache.rawValue)
            json.attempts(answer.attempts)
            json.fieldOrNull("request_id", answer.requestID)
            json.key("warnings")
            json.beginArray()
            answer.warnings.forEach { json.string($0) }
            json.endArray()
        }
    }
}
