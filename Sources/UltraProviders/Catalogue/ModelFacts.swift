/// Facts about one model, each with its origin.
///
/// For each fact, the configuration wins over discovery, and discovery over the catalogue. Nil means that none of them
/// has the fact.
package struct ModelFacts: Sendable, Equatable {
    /// The source of a fact. The raw values are those of the frame protocol.
    package enum Origin: String, Sendable {
        case catalogue, discovery, configuration
    }

    /// A value and its source.
    package struct Fact<Value: Sendable & Equatable>: Sendable, Equatable {
        package var value: Value
        package var origin: Origin

        package init(_ value: Value, _ origin: Origin) {
            self.value = value
            self.origin = origin
        }
    }

    package var kind: Fact<DiscoveredModel.Kind>?
    package var displayName: Fact<String>?
    package var capabilities: Fact<Set<Capability>>?
    /// In tokens.
    package var contextWindow: Fact<Int>?
    /// In tokens.
    package var maxOutputTokens: Fact<Int>?
    package var price: Fact<Price>?
    /// The date on which the provider stops serving the model, in the notation of its origin.
    package var retiresOn: Fact<String>?

    /// Merges the three sources fact by fact. If none names capabilities, the minimum for the model's kind is assumed,
    /// with the kind's origin.
    /// - Parameter day: the day to look up the catalogue's price for: `YYYY-MM-DD`, UTC.
    package init(
        configuration: ConfiguredModel? = nil, discovery: DiscoveredModel?, catalogue: CatalogueEntry?, on day: String
    ) {
        kind = Self.first(configuration?.kind, discovery?.kind, catalogue?.kind)
        displayName = Self.first(configuration?.displayName, discovery?.displayName, nil)
        capabilities =
            Self.first(configuration?.capabilities, discovery?.capabilities, catalogue?.capabilities)
            ?? kind.map { Fact($0.value.minimumCapabilities, $0.origin) }
        contextWindow = Self.first(
            configuration?.contextWindow, discovery?.contextWindow, catalogue?.contextWindow)
        maxOutputTokens = Self.first(
            configuration?.maxOutputTokens, discovery?.maxOutputTokens, catalogue?.maxOutputTokens)
        price = Self.first(configuration?.price, discovery?.price, catalogue?.price(on: day))
        retiresOn = Self.first(configuration?.retiresOn, discovery?.retiresOn, catalogue?.retiresOn)
    }

    private static func first<Value>(_ configured: Value?, _ discovered: Value?, _ known: Value?) -> Fact<Value>? {
        configured.map { Fact($0, .configuration) } ?? discovered.map { Fact($0, .discovery) }
            ?? known.map { Fact($0, .catalogue) }
    }
}

extension DiscoveredModel.Kind {
    /// The capabilities that every model of this kind has.
    package var minimumCapabilities: Set<Capability> {
        switch self {
        case .chat: [.chat, .streaming]
        case .embeddings: [.embeddings]
        case .other: []
        }
    }
}

/// A model as its provider lists it. A nil property means that the list does not say.
package struct DiscoveredModel: Sendable, Equatable {
    /// The main operation of a model. The raw values are those of the frame protocol.
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
    /// In tokens.
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

/// A capability of a model. The raw values are those of the frame protocol.
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

/// The configured properties of a model. A nil property is not configured.
package struct ConfiguredModel: Sendable, Equatable {
    package var kind: DiscoveredModel.Kind?
    package var displayName: String?
    package var capabilities: Set<Capability>?
    /// In tokens.
    package var contextWindow: Int?
    /// In tokens.
    package var maxOutputTokens: Int?
    package var price: Price?
    /// The date on which the provider stops serving the model, in the configuration's notation.
    package var retiresOn: String?

    package init() {}
}
