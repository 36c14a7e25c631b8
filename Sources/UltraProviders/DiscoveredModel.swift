/// A model as its provider lists it. A nil property means that the list does not say.
package struct DiscoveredModel: Sendable, Equatable {
    /// The use of a model. The raw values are those of the frame protocol.
    package enum Kind: String, Sendable, CaseIterable {
        case chat, embeddings
        /// Speech, images, moderation and similar: listed, never routed to.
        case other
    }

    /// The id that the provider's API expects.
    package var id: String
    package var displayName: String?
    /// Other ids under which the provider serves the same model.
    package var aliases: [String] = []
    package var kind: Kind?
    package var capabilities: Set<Capability>?
    /// In tokens, input and output together.
    package var contextWindow: Int?
    /// In tokens.
    package var maxOutputTokens: Int?
    package var price: Price?
    /// The date on which the provider stops serving the model, in the provider's notation.
    package var retiresOn: String?

    package init(id: String) {
        self.id = id
    }

    /// Fills properties that are nil with those of an earlier listing of the same model.
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

/// What a model can do. The raw values are those of the frame protocol.
package enum Capability: String, Sendable, CaseIterable {
    case chat, streaming, tools, vision, json, reasoning, embeddings
    case jsonSchema = "json_schema"
}

/// One page of a provider's list of models.
package struct ModelPage: Sendable, Equatable {
    package var models: [DiscoveredModel]
    /// The argument of `Adapter.listRequest(page:)` for the next page; nil on the last page.
    package var next: String?

    package init(_ models: [DiscoveredModel] = [], next: String? = nil) {
        self.models = models
        self.next = next
    }
}
