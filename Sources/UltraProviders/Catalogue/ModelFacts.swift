/// What is known of one model, and from where.
///
/// The configuration wins over discovery, discovery over the catalogue, each fact for itself. `nil`: nobody knows.
package struct ModelFacts: Sendable, Equatable {
    /// Where a fact came from; the raw values are the wire's words.
    package enum Origin: String, Sendable {
        case catalogue, discovery, configuration
    }

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
    /// Tokens.
    package var contextWindow: Fact<Int>?
    /// Tokens.
    package var maxOutputTokens: Fact<Int>?
    package var price: Fact<Price>?
    /// When the provider stops serving it: a date as its source writes it.
    package var retiresOn: Fact<String>?

    /// 1. Each fact is the configuration's, else discovery's, else the catalogue's.
    /// 2. Capabilities nobody names are the least that a model of this kind has; their origin is that of the kind.
    /// - Parameter day: whose price is wanted: `YYYY-MM-DD`, UTC.
    package init(
        configuration: ConfiguredModel? = nil, discovery: DiscoveredModel?, catalogue: CatalogueEntry?, on day: String
    ) {
        kind = Self.first(configuration?.kind, discovery?.kind, catalogue?.kind)
        displayName = Self.first(configuration?.displayName, discovery?.displayName, nil)
        capabilities =
            Self.first(configuration?.capabilities, discovery?.capabilities, catalogue?.capabilities)
            ?? kind.map { Fact($0.value.leastCapabilities, $0.origin) }
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
    /// What every model of the kind can do.
    package var leastCapabilities: Set<Capability> {
        switch self {
        case .chat: [.chat, .streaming]
        case .embeddings: [.embeddings]
        case .other: []
        }
    }
}
