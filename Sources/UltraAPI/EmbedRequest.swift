/// An `embed` request: texts to turn into vectors.
package struct EmbedRequest: Sendable, Equatable {
    /// The use of the vectors; some providers compute different ones for each.
    package enum Purpose: String, Sendable {
        case document, query, classification, clustering
    }

    /// As in `Request.model`.
    package var model: String?
    /// Never empty.
    package var input: [String]
    /// Length of the vectors; nil for the model's default.
    package var dimensions: Int?
    package var purpose: Purpose?
    package var cache: CacheMode = .default
    package var timeouts = Timeouts()
    /// The client's labels, recorded in the usage ledger.
    package var tags: [String] = []
    /// JSON objects by provider id, merged unchanged into the request body for that provider.
    package var providerOptions: [String: RawJSON] = [:]

    package init(model: String? = nil, input: [String]) {
        self.model = model
        self.input = input
    }
}

/// A provider's reply to an `EmbedRequest`, or to a batch of its inputs.
package struct Embeddings: Sendable, Equatable {
    /// One JSON array of numbers per input, in order, as the provider wrote it.
    package var vectors: [RawJSON]
    package var dimensions: Int?
    package var providerModel: String?
    package var inputTokens: Int?

    package init(vectors: [RawJSON] = []) {
        self.vectors = vectors
    }
}
