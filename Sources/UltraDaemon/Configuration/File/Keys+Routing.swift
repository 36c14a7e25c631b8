internal import UltraProviders

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
