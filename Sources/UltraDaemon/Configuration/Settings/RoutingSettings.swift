package import UltraProviders

/// The resolution of model names (`[routing]` and `[routes]`).
package struct RoutingSettings: Sendable, Equatable {
    /// The order in which the models behind one name are tried.
    package enum Strategy: String, Sendable, CaseIterable {
        /// Random, in proportion to the models' weights.
        case weighted
        /// As listed.
        case ordered
        /// By mean time to first token, the shortest first.
        case fastest
        /// By price, the lowest first; models without a known price come last.
        case cheapest
    }

    /// A name for several models.
    package struct Route: Sendable, Equatable {
        /// Each `provider/model` or an alias.
        package var models: [String]
        package var strategy: Strategy

        package init(models: [String], strategy: Strategy = .ordered) {
            self.models = models
            self.strategy = strategy
        }
    }

    /// The model of requests that name none; nil: such requests are refused.
    package var defaultModel: String?
    /// The strategy for aliases and tags that several models share.
    package var strategy = Strategy.weighted
    package var routes: [String: Route] = [:]
    /// Models that are tried, in this order, after the named ones, unless the request has a fallback list of its own.
    package var fallback: [String] = []
    /// True: local models are tried last while no cloud provider is reachable.
    package var usesLocalModelsWhenOffline = false

    package init() {}
}

/// The settings of one model (`[models."provider/model"]`). nil: the provider's list or the catalogue decides.
package struct ModelSettings: Sendable, Equatable {
    package var aliases: [String] = []
    /// The model's weight in the strategy `weighted`, 0 to 1,000,000. A model of weight 0 is left out, unless all are 0.
    package var weight = 1.0
    package var tags: [String] = []
    /// False: the model is listed as `disabled` and never used.
    package var isEnabled = true
    package var kind: DiscoveredModel.Kind?
    package var capabilities: Set<Capability>?
    /// Tokens.
    package var contextWindow: Int?
    package var maxOutputTokens: Int?
    package var price: Price?
    /// When the reasoning of earlier messages is sent back to the model.
    package var returnReasoning = WireFacts.ReturnReasoning.auto

    package init() {}
}

/// A table `price = {…}`, which may be incomplete while it is read. All values are USD per million tokens.
struct PriceTable: Sendable, Equatable {
    var input: Double?
    var cachedInput: Double?
    var cacheWrite: Double?
    var output: Double?

    init() {}

    init(_ price: Price) {
        input = price.input
        cachedInput = price.cachedInput
        cacheWrite = price.cacheWrite
        output = price.output
    }

    /// nil: `input` or `output` is missing.
    var price: Price? {
        guard let input, let output else { return nil }
        return Price(input: input, cachedInput: cachedInput, cacheWrite: cacheWrite, output: output)
    }
}

extension RoutingSettings: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey(
            "default_model", \.defaultModel, .optional(.name, absent: ""), "Model for requests that name none"),
        SettingKey(
            "strategy", \.strategy, .choice(), "Order of the models that share an alias, a tag or a name"),
        SettingKey(
            "fallback", \.fallback, .list(.name, of: "models"),
            "Models to try in this order when the requested ones cannot answer"),
        SettingKey(
            "use_local_models_when_offline", \.usesLocalModelsWhenOffline, .boolean,
            "Let local models answer when no cloud provider is reachable"),
    ]
}

extension RoutingSettings.Route: SettingTable {
    package init() {
        self.init(models: [])
    }

    static let keys: [SettingKey<Self>] = [
        SettingKey("models", \.models, .list(.name, of: "models"), "Models, as provider/model or alias"),
        SettingKey("strategy", \.strategy, .choice(), "Order of the models"),
    ]

    func check(_ path: String, _ reader: inout KeyReader) {
        if models.isEmpty { reader.problems.refuse(path, "needs models = [\"provider/model\", …]") }
    }
}

extension ModelSettings: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey("aliases", \.aliases, .list(.name, of: "names"), "Other names of the model"),
        SettingKey(
            "weight", \.weight, .number(0...1_000_000),
            "Relative weight for the strategy weighted; 0: used only if named"),
        SettingKey(
            "tags", \.tags, .list(.name, of: "names"), "Tags; a request for tag:NAME goes to a model with this tag"),
        SettingKey("enabled", \.isEnabled, .boolean, "Use the model; false: it is listed but never used"),
        SettingKey("kind", \.kind, .optional(.choice(), absent: "auto"), "Purpose of the model"),
        SettingKey(
            "capabilities", \.capabilities,
            .optional(
                KeyType<[Capability]>.list(.choice(), of: capabilityNames)
                    .mapped({ Set($0) }, back: { set in Capability.allCases.filter(set.contains) }), absent: "auto"),
            "Capabilities of the model"),
        SettingKey(
            "context_window", \.contextWindow, .optional(.integer(1...1_000_000_000), absent: "auto"),
            "Context window in tokens"),
        SettingKey(
            "max_output_tokens", \.maxOutputTokens, .optional(.integer(1...1_000_000_000), absent: "auto"),
            "Maximum length of an answer in tokens"),
        SettingKey(
            "price", \.price,
            .optional(
                KeyType<PriceTable>.table().mapped({ $0.price }, back: { PriceTable($0) }), absent: "auto"),
            "Price in USD per million tokens: {input = 2.5, cached_input = 1.25, cache_write = 2.5, output = 10}"),
        SettingKey(
            "return_reasoning", \.returnReasoning, .choice(),
            "Send the reasoning of earlier turns back to the model; auto: as its model family expects"),
    ]

    private static let capabilityNames = Capability.allCases.map(\.rawValue).joined(separator: ", ")
}

extension PriceTable: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey("input", \.input, .optional(usd, absent: ""), "Input"),
        SettingKey("cached_input", \.cachedInput, .optional(usd, absent: ""), "Input read from the provider's cache"),
        SettingKey("cache_write", \.cacheWrite, .optional(usd, absent: ""), "Input written to it"),
        SettingKey("output", \.output, .optional(usd, absent: ""), "Output, reasoning included"),
    ]

    private static let usd = KeyType<Double>.number(0...1_000_000)

    func check(_ path: String, _ reader: inout KeyReader) {
        if price == nil { reader.problems.refuse(path, "needs both input and output") }
    }
}
