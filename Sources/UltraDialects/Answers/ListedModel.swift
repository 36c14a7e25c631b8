/// A model in the lists of the dialects.
package struct ListedModel: Sendable, Equatable {
    /// `provider/model`, an alias or a route.
    package var id: String
    /// The provider's id.
    package var owner: String
    /// Tokens; nil: unknown.
    package var contextWindow: Int?
    /// Tokens; nil: unknown.
    package var maxOutputTokens: Int?
    /// The protocol's words; nil: unknown.
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
