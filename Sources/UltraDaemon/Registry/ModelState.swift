internal import UltraAPI
internal import UltraProviders

/// The state of one model: its facts, its settings and its health. Owned by a `ProviderState`, used on the loop only.
final class ModelState {
    /// `provider/model`.
    let id: String
    /// The provider's name for the model.
    let name: String
    private(set) var settings: ModelSettings
    /// nil: the built-in catalogue lacks the model.
    let catalogue: CatalogueEntry?
    /// The model as the provider lists it; nil: the provider does not list it, or its list was not read yet.
    private(set) var discovered: DiscoveredModel?
    private(set) var facts: ModelFacts
    var health = ModelHealth()
    /// The availability that `Registry.onChange` reported last.
    var reported = Availability.unknown
    /// When `reported` changed last, in milliseconds of `WallClock`.
    var reportedSince: Int
    /// The name in the model's last reply, if it differs from `name`; `price` is set if that name is another model's.
    var answeredAs: (name: String, price: Price?)?
    /// True if a client has requested the model since the start.
    var isAskedFor = false
    /// When a deep probe was last tried, in milliseconds of `WallClock`; nil: none was since the start.
    var deepProbedAt: Int?
    /// The number of consecutive lists without the model, counted from the one that confirmed its absence.
    private(set) var absences = 0

    init(
        provider: String, name: String, discovered: DiscoveredModel? = nil, settings: ModelSettings = ModelSettings(),
        catalogue: CatalogueEntry?, now: Int
    ) {
        id = "\(provider)/\(name)"
        self.name = name
        self.settings = settings
        self.catalogue = catalogue
        self.discovered = discovered
        reportedSince = now
        facts = Self.facts(settings, discovered, catalogue, now)
    }

    /// Applies the settings of a reloaded configuration.
    func adopt(_ settings: ModelSettings, at now: Int) {
        guard settings != self.settings else { return }
        self.settings = settings
        facts = Self.facts(settings, discovered, catalogue, now)
    }

    /// Records that the provider's list contains the model.
    func found(_ discovered: DiscoveredModel, at now: Int) {
        absences = 0
        health.found(at: now)
        detailed(discovered, at: now)
    }

    /// Records the model's details as the provider reports them.
    func detailed(_ discovered: DiscoveredModel, at now: Int) {
        if discovered != self.discovered {
            self.discovered = discovered
            facts = Self.facts(settings, discovered, catalogue, now)
        }
    }

    /// Records that the provider's list lacks the model.
    /// - Returns: true if an earlier list lacked it too, so that it now counts as missing.
    func missing(at now: Int) -> Bool {
        guard health.missing(at: now) else { return false }
        absences += 1
        return true
    }

    /// The aliases from the configuration and from the provider's list.
    var aliases: [String] {
        settings.aliases + (discovered?.aliases.filter { !settings.aliases.contains($0) } ?? [])
    }

    var kind: DiscoveredModel.Kind? { facts.kind?.value }

    /// nil: unknown.
    var capabilities: Set<Capability>? { facts.capabilities?.value }

    private static func facts(
        _ settings: ModelSettings, _ discovered: DiscoveredModel?, _ catalogue: CatalogueEntry?, _ now: Int
    ) -> ModelFacts {
        ModelFacts(
            configuration: ConfiguredModel(settings), discovery: discovered, catalogue: catalogue,
            // Only the catalogue's prices depend on the date, `YYYY-MM-DD`.
            on: catalogue == nil ? "" : Timestamp(seconds: now / 1000).date)
    }
}

extension ConfiguredModel {
    fileprivate init(_ settings: ModelSettings) {
        self.init()
        kind = settings.kind
        capabilities = settings.capabilities
        contextWindow = settings.contextWindow
        maxOutputTokens = settings.maxOutputTokens
        price = settings.price
    }
}
