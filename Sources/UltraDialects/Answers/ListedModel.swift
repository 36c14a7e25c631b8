/// A model of a list, as far as dialects tell of it.
package struct ListedModel: Sendable, Equatable {
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
}
