/// A model as its provider lists it. `nil` means that the list does not say.
package struct DiscoveredModel: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case chat, embeddings
        /// Speech, images, moderation and the like: listed, never routed to.
        case other
    }

    /// As the provider's API takes it.
    package var id: String
    package var displayName: String?
    package var aliases: [String] = []
    package var kind: Kind?
    package var capabilities: Set<Capability>?
    /// Tokens.
    package var contextWindow: Int?
    /// Tokens.
    package var maxOutputTokens: Int?
    package var price: Price?
    /// When the provider stops serving it, as the provider writes it.
    package var retiresOn: String?

    package init(id: String) {
        self.id = id
    }

    /// Takes from an earlier look at the same model what this one does not say.
    package mutating func fillIn(from known: DiscoveredModel) {
        displayName = displayName ?? known.displayName
        kind = kind ?? known.kind
        capabilities = capabilities ?? known.capabilities
        contextWindow = contextWindow ?? known.contextWindow
        maxOutputTokens = maxOutputTokens ?? known.maxOutputTokens
        price = price ?? known.price
        retiresOn = retiresOn ?? known.retiresOn
    }
}

/// What a model can do; the raw values are the wire's words.
package enum Capability: String, Sendable, CaseIterable {
    case chat, streaming, tools, vision, json, reasoning, embeddings
    case jsonSchema = "json_schema"
}

/// One page of a provider's list of models.
package struct ModelPage: Sendable, Equatable {
    package var models: [DiscoveredModel]
    /// What `Adapter.listRequest(page:)` takes to fetch the next page; `nil`: this was the last.
    package var next: String?

    package init(_ models: [DiscoveredModel] = [], next: String? = nil) {
        self.models = models
        self.next = next
    }
}
