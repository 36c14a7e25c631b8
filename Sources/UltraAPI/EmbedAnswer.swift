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
