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
    private(set) var models: [ModelState] = []
    private var byName: [String: ModelState] = [:]
    /// Models that were named, are not listed and have not answered yet, newest last: what is seen of them counts, but
    /// is kept of a few only.
    private var unlisted: [ModelState] = []
    /// The state that was told last, and since when it holds (milliseconds since 1970).
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
    private unowned let registry: Registry
    /// What is built in of its models; nil: nothing, or a flaw, which tests of the whole text would have found. Read
    /// when it is first asked for: the start does not wait for it.
    private lazy var catalogue = isUpstream ? try? Catalogue.embedded(of: id) : nil

    struct ProbeRecord {
        var at: Int
        var milliseconds: Double
        /// nil: it was well.
        var error: UltraError?
    }

    /// Looks at the list in a row that must miss a model before it is forgotten.
    static let forgottenAfterAbsences = 3
    static let unlistedLimit = 64

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
        for name in registry.configuration.models.keys.sorted() {
            guard let model = name.afterSlash(of: provider.id) else { continue }
            add(model, discovered: nil, now: now)
        }
        if case .mock = provider.backend {
            for name in Mock.models {
                var model = DiscoveredModel(id: name)
                model.kind = .chat
                model.capabilities = [.chat, .streaming, .tools, .vision, .json, .jsonSchema, .reasoning]
                add(name, discovered: model, now: now).found(model, at: now)
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

    // MARK: - Models

    func learntFacts(of model: String) -> WireFacts {
        learntFacts.isEmpty ? WireFacts() : learntFacts[model] ?? WireFacts()
    }

    /// Of more models than anybody uses nothing is learnt.
    func learn(of model: String, _ change: (inout WireFacts) -> Void) {
        guard learntFacts[model] != nil || learntFacts.count < Self.learntLimit else { return }
        change(&learntFacts[model, default: WireFacts()])
    }

    func model(_ name: String) -> ModelState? { byName[name] }

    /// The model called `name`, whether it is listed or not: the provider knows best.
    func anyModel(_ name: String) -> ModelState {
        if let model = byName[name] ?? unlisted.first(where: { $0.name == name }) { return model }
        let model = make(name, discovered: nil, now: WallClock.now)
        if unlisted.count == Self.unlistedLimit { unlisted.removeFirst() }
        unlisted.append(model)
        return model
    }

    /// The provider has no such model: the next request asks it again, unless it lists the model.
    func forget(_ model: ModelState) {
        unlisted.removeAll { $0 === model }
    }

    /// Keeps a model that was not listed and has answered all the same.
    func keep(_ model: ModelState) {
        guard byName[model.name] == nil else { return }
        forget(model)
        insert(model)
    }

    /// Takes in the whole list the provider gives.
    func list(_ listed: [DiscoveredModel], at now: Int) {
        var seen: Set<String> = []
        for model in listed where seen.insert(model.id).inserted {
            (byName[model.id] ?? add(model.id, discovered: model, now: now)).found(model, at: now)
        }
        for model in models where !seen.contains(model.name) {
            // What an alias of a listed model, or a dated name of it, stands for is not missing.
            if model.discovered == nil, model.health.generated.holds == true { continue }
            model.missing(at: now)
        }
        let forgotten = models.filter { model in
            model.absences >= Self.forgottenAfterAbsences
                && registry.configuration.models[model.id] == nil
        }
        for model in forgotten { byName[model.name] = nil }
        if !forgotten.isEmpty { models.removeAll { byName[$0.name] == nil } }
    }

    /// Takes the catalogue's models, where the provider has no list.
    func listFromCatalogue(at now: Int) {
        for entry in catalogue?.entries ?? [] where entry.aliasOf == nil {
            let model = byName[entry.model] ?? add(entry.model, discovered: nil, now: now)
            // There is no list that could take back what one request was told.
            if model.health.listed.holds == false { model.health.listed = Evidence() }
        }
    }

    /// Takes a model as an earlier run of the daemon knew it; `discovered` is nil if it was not listed.
    func restore(_ name: String, _ discovered: DiscoveredModel?, at now: Int) -> ModelState {
        let model = byName[name] ?? add(name, discovered: discovered, now: now)
        if let discovered { model.found(discovered, at: now) }
        return model
    }

    @discardableResult
    private func add(_ name: String, discovered: DiscoveredModel?, now: Int) -> ModelState {
        let model = make(name, discovered: discovered, now: now)
        if let known = unlisted.first(where: { $0.name == name }) {
            model.health = known.health
            forget(known)
        }
        insert(model)
        return model
    }

    private func insert(_ model: ModelState) {
        byName[model.name] = model
        let place = models.firstIndex { $0.name > model.name } ?? models.count
        models.insert(model, at: place)
    }

    private func make(_ name: String, discovered: DiscoveredModel?, now: Int) -> ModelState {
        ModelState(
            provider: id, name: name, discovered: discovered,
            settings: registry.configuration.models["\(id)/\(name)"] ?? ModelSettings(),
            catalogue: catalogue?.entry(provider: id, model: name), now: now)
    }

    // MARK: - Another configuration

    /// Takes what the registry's configuration now says of the same host and the same keys.
    func adopt(_ provider: Provider, at now: Int) {
        self.provider = provider
        settings = registry.configuration.providerSettings[id] ?? ProviderSettings()
        adoptLimits()
        schedule.adopt(registry.configuration.health, at: now)
        for model in models + unlisted {
            model.adopt(registry.configuration.models[model.id] ?? ModelSettings(), at: now)
        }
        let dropped = models.filter(isKnownByConfigurationAlone)
        for model in dropped { byName[model.name] = nil }
        if !dropped.isEmpty { models.removeAll { byName[$0.name] == nil } }
        for name in registry.configuration.models.keys.sorted() {
            guard let model = name.afterSlash(of: id), byName[model] == nil else { continue }
            add(model, discovered: nil, now: now)
        }
    }

    /// Takes over what was seen of `old`: the same host, asked with other keys.
    func succeed(_ old: ProviderState, keys origins: [Int?], at now: Int) {
        health = ProviderHealth(succeeding: old.health, keys: origins)
        (reported, reportedSince) = (old.reported, old.reportedSince)
        for known in old.models where !isKnownByConfigurationAlone(known) {
            let model = restore(known.name, known.discovered, at: now)
            model.health = known.health
            model.health.moveKeys(origins)
            (model.reported, model.reportedSince) = (known.reported, known.reportedSince)
        }
    }

    func adoptLimits() {
        let limits = registry.configuration.limits
        gate.adopt(
            limit: settings.concurrency ?? provider.concurrencyLimit ?? limits.callsPerProvider,
            queueLimit: limits.queuedPerProvider)
    }

    /// The configuration named it once and does not any more, and nobody else ever did.
    private func isKnownByConfigurationAlone(_ model: ModelState) -> Bool {
        registry.configuration.models[model.id] == nil && model.discovered == nil && model.catalogue == nil
            && model.health.generated.holds != true
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
        [health.restEnd(for: model?.health, at: now), health.breaker.openUntil, model?.health.breaker.openUntil]
            .compactMap { $0 }.filter { $0 > now }.max()
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
