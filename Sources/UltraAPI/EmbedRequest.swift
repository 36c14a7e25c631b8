/// One `embed` request: texts whose vectors are wanted.
package struct EmbedRequest: Sendable, Equatable {
    /// What the vectors are for; some providers make different ones for each.
    package enum Purpose: String, Sendable {
        case document, query, classification, clustering
    }

    /// As in `Request.model`.
    package var model: String?
    /// Never empty.
    package var input: [String]
    /// Length of the vectors; `nil`: the model's own.
    package var dimensions: Int?
    package var purpose: Purpose?
    package var cache: CacheMode = .default
    package var timeouts = Timeouts()
    /// Free labels for the usage ledger.
    package var tags: [String] = []
    /// Raw JSON objects by provider id, merged into that provider's request body as they are.
    package var providerOptions: [String: RawJSON] = [:]

    package init(model: String? = nil, input: [String]) {
        self.model = model
        self.input = input
    }
}

/// What a provider answered to (a part of) an `EmbedRequest`.
package struct Embeddings: Sendable, Equatable {
    /// One JSON array of numbers for each input, in its order, as the provider wrote it.
    package var vectors: [RawJSON]
    package var dimensions: Int?
    package var providerModel: String?
    package var inputTokens: Int?

    package init(vectors: [RawJSON] = []) {
        self.vectors = vectors
    }
}
