internal import UltraAPI
internal import UltraProviders

/// One model of a provider as it is now: what is known of it, what the configuration says, what was seen.
final class ModelState {
    /// `provider/model`.
    let id: String
    /// As the provider's API takes it.
    let name: String
    private(set) var settings: ModelSettings
    let catalogue: CatalogueEntry?
    /// As the provider lists it; nil: it does not, or was not asked yet.
    private(set) var discovered: DiscoveredModel?
    private(set) var facts: ModelFacts
    var health = ModelHealth()
    /// The state that was told last, and since when it holds (milliseconds of `WallClock`).
    var reported = Availability.unknown
    var reportedSince: Int
    /// The name by which the model answered last where that is not its own, and its price where it is another model's.
    var answeredAs: (name: String, price: Price?)?
    /// A client has asked for it since the start.
    var isAskedFor = false
    /// When a deep probe of it was tried last (milliseconds of `WallClock`).
    var deepProbedAt: Int?
    /// Lists in a row that lacked it, after the first.
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

    /// The configuration says something else of it.
    func adopt(_ settings: ModelSettings, at now: Int) {
        guard settings != self.settings else { return }
        self.settings = settings
        facts = Self.facts(settings, discovered, catalogue, now)
    }

    /// The provider lists it, as `discovered`.
    func found(_ discovered: DiscoveredModel, at now: Int) {
        absences = 0
        health.found(at: now)
        detailed(discovered, at: now)
    }

    /// More is known of it.
    func detailed(_ discovered: DiscoveredModel, at now: Int) {
        if discovered != self.discovered {
            self.discovered = discovered
            facts = Self.facts(settings, discovered, catalogue, now)
        }
    }

    /// The provider's list does not have it (any more).
    /// - Returns: whether that was confirmed by an earlier list.
    func missing(at now: Int) -> Bool {
        guard health.missing(at: now) else { return false }
        absences += 1
        return true
    }

    /// Other names that mean it.
    var aliases: [String] {
        settings.aliases + (discovered?.aliases.filter { !settings.aliases.contains($0) } ?? [])
    }

    var kind: DiscoveredModel.Kind? { facts.kind?.value }

    /// nil: nobody knows.
    var capabilities: Set<Capability>? { facts.capabilities?.value }

    private static func facts(
        _ settings: ModelSettings, _ discovered: DiscoveredModel?, _ catalogue: CatalogueEntry?, _ now: Int
    ) -> ModelFacts {
        ModelFacts(
            configuration: ConfiguredModel(settings), discovery: discovered, catalogue: catalogue,
            // Only the catalogue's prices depend on the day.
            on: catalogue == nil ? "" : String(RFC3339.string(now / 1000).prefix(10)))
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
