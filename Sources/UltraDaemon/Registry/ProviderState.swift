internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// A provider as it is now: what was configured, what was seen of it, what it lists.
@Loop
final class ProviderState {
    private(set) var provider: Provider
    private(set) var settings: ProviderSettings
    let gate: ConcurrencyGate
    var health: ProviderHealth
    var schedule = ProbeSchedule()
    /// By name, but for those that a list under way has just added.
    var models: [ModelState] = []
    var byName: [String: ModelState] = [:]
    /// Models that were named, are not listed and have not answered yet, newest last: what is seen of them counts, but
    /// is kept of a few only.
    var unlisted: [ModelState] = []
    /// nil: the models have changed since.
    var names: ModelNames? {
        didSet { if names == nil { modelChanges += 1 } }
    }
    private(set) var modelChanges = 0
    /// The provider has a list, and it was read, now or in an earlier run.
    var hasList = false
    /// Models of the last list beyond `modelLimit`.
    var unkeptModels = 0
    var retryBudget = RetryBudget()
    /// The state that was told last, and since when it holds (milliseconds of `WallClock`).
    var reported = Availability.unknown
    var reportedSince: Int
    /// How the last probe ended.
    var lastProbe: ProbeRecord?
    /// The keys that were told to be refused.
    var refusedKeys: Set<Int> = []
    /// It is not configured any more, or was replaced: what is in flight ends, and nobody is told of its state.
    var isRetired = false
    /// What the server showed of how its models are to be asked, by their names, until the daemon ends. Apart from
    /// `models`: what is learnt of a model stays true when the list changes.
    private var learntFacts: [String: WireFacts] = [:]
    private static let learntLimit = 1000
    unowned let registry: Registry
    /// What is built in of its models; nil: nothing, or a flaw, which tests of the whole text would have found. Read
    /// when it is first asked for: the start does not wait for it.
    lazy var catalogue = isUpstream ? try? Catalogue.embedded(of: id) : nil

    struct ProbeRecord {
        var at: Int
        var milliseconds: Double
        /// nil: it was well.
        var error: UltraError?
    }

    /// - Parameter gate: of the one whose place it takes: the places at a host are the same ones.
    init(_ provider: Provider, _ registry: Registry, gate: ConcurrencyGate? = nil, now: Int) {
        self.provider = provider
        self.registry = registry
        settings = registry.configuration.providerSettings[provider.id] ?? ProviderSettings()
        let limits = registry.configuration.limits
        self.gate =
            gate
            ?? ConcurrencyGate(
                limit: settings.concurrency ?? provider.concurrencyLimit ?? limits.callsPerProvider,
                queueLimit: limits.queuedPerProvider, provider: provider.id)
        if case .http(_, let adapters) = provider.backend {
            health = ProviderHealth(keys: adapters.count)
        } else {
            health = ProviderHealth(keys: 1)
        }
        reportedSince = now
        addConfigured(at: now)
        if case .mock = provider.backend {
            for name in Mock.models {
                var model = DiscoveredModel(id: name)
                model.kind = .chat
                model.capabilities = [.chat, .streaming, .tools, .vision, .json, .jsonSchema, .reasoning]
                add(name, discovered: model, now: now).found(model, at: now)
                sortModels()
            }
        }
    }

    var id: String { provider.id }

    /// There is a host behind it.
    var isUpstream: Bool {
        if case .mock = provider.backend { false } else { true }
    }

    /// A free call tells whether it works, and nobody forbade it.
    var canBeProbed: Bool {
        isUpstream && settings.isEnabled && settings.probe == .list && provider.missingKeyVariables.isEmpty
    }

    var isLocal: Bool { provider.isLocal }

    func learntFacts(of model: String) -> WireFacts {
        learntFacts.isEmpty ? WireFacts() : learntFacts[model] ?? WireFacts()
    }

    /// Of more models than anybody uses nothing is learnt.
    func learn(of model: String, _ change: (inout WireFacts) -> Void) {
        guard learntFacts[model] != nil || learntFacts.count < Self.learntLimit else { return }
        change(&learntFacts[model, default: WireFacts()])
    }

    /// Its address is one of this machine's.
    var isOnThisMachine: Bool {
        switch provider.backend {
        case .http(let endpoint, let adapters):
            endpoint.isLoopback || adapters.contains { $0.listRequest(page: nil).unixSocketPath != nil }
        case .command: true
        case .mock: false
        }
    }

    /// What an operator should know of it that is no state: a code and a sentence each.
    var notices: [String] {
        var notices: [String] = []
        if health.isListRefused {
            notices.append("list_refused: \(id) refuses its list of models to the key, while requests succeed")
        }
        if unkeptModels > 0 {
            notices.append("list_too_long: \(unkeptModels) models of \(id) beyond \(Self.modelLimit) are not kept")
        }
        return notices
    }

    // MARK: - Another configuration

    /// Takes what the registry's configuration now says of the same host and the same keys.
    func adopt(_ provider: Provider, at now: Int) {
        self.provider = provider
        settings = registry.configuration.providerSettings[id] ?? ProviderSettings()
        adoptLimits()
        schedule.adopt(registry.configuration.health, at: now)
        adoptModels(at: now)
    }

    /// Takes over what was seen of `old`: the same host, asked with other keys.
    func succeed(_ old: ProviderState, keys origins: [Int?], at now: Int) {
        health = ProviderHealth(succeeding: old.health, keys: origins)
        (reported, reportedSince) = (old.reported, old.reportedSince)
        succeedModels(of: old, keys: origins, at: now)
    }

    func adoptLimits() {
        let limits = registry.configuration.limits
        gate.adopt(
            limit: settings.concurrency ?? provider.concurrencyLimit ?? limits.callsPerProvider,
            queueLimit: limits.queuedPerProvider)
    }

    // MARK: - State

    func availability(at now: Int) -> Availability {
        if !settings.isEnabled { return .disabled }
        if !isUpstream { return .available }
        if !provider.missingKeyVariables.isEmpty { return .needsKey }
        return health.availability(at: now, registry.configuration.health)
    }

    func availability(of model: ModelState, at now: Int) -> Availability {
        if !settings.isEnabled || !model.settings.isEnabled { return .disabled }
        if !isUpstream { return .available }
        if !provider.missingKeyVariables.isEmpty { return .needsKey }
        return health.availability(of: model.health, at: now, registry.configuration.health)
    }

    /// When a model, or the provider as a whole, that is not usable now may be again; nil: nobody knows.
    func retryTime(of model: ModelState?, at now: Int) -> Int? {
        [
            health.coolDownEnd(for: model?.health, at: now), health.breaker.openUntil, model?.health.breaker.openUntil,
            model?.health.notFound?.until,
        ].compactMap { $0 }.filter { $0 > now }.max()
    }

    /// `set`, `missing` or `refused`, as `status` says it.
    var keyState: String {
        if !provider.missingKeyVariables.isEmpty { return "missing" }
        return health.areAllKeysRefused ? "refused" : "set"
    }

    /// The adapter with a key by number.
    func adapter(key: Int) throws(UltraError) -> any Adapter {
        guard case .http(_, let adapters) = provider.backend, adapters.indices.contains(key) else { throw needsKey }
        return adapters[key]
    }

    var needsKey: UltraError {
        let variables = provider.missingKeyVariables.joined(separator: " or ")
        return UltraError(
            .authentication, "\(provider.displayName) has no key", hint: "set \(variables) and start ultrad again",
            provider: id)
    }
}

extension String {
    /// What follows `prefix/`; nil: something else stands before the first slash.
    func afterSlash(of prefix: String) -> String? {
        guard let slash = utf8.firstIndex(of: UInt8(ascii: "/")), self[..<slash] == prefix else { return nil }
        let rest = self[utf8.index(after: slash)...]
        return rest.isEmpty ? nil : String(rest)
    }
}
