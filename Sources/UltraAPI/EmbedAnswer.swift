/// The answer to an `embed`, with what the daemon knows about how it came about.
package struct EmbedAnswer: Sendable, Equatable {
    /// `provider/model` that answered.
    package var model: String
    package var provider: String
    package var embeddings: Embeddings
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
