internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// The state of one provider: its configuration, its health and its models.
@Loop
final class ProviderState {
    private(set) var provider: Provider
    private(set) var settings: ProviderSettings
    let gate: ConcurrencyGate
    var health: ProviderHealth
    var schedule = ProbeSchedule()
    /// Sorted by name, except for models that the list being merged has added.
    var models: [ModelState] = []
    var byName: [String: ModelState] = [:]
    /// Models that requests have named but the provider neither lists nor has answered for, newest last; at most
    /// `unlistedLimit`.
    var unlisted: [ModelState] = []
    /// nil: the models have changed since it was built.
    var names: ModelNames? {
        didSet { if names == nil { modelChanges += 1 } }
    }
    private(set) var modelChanges = 0
    /// True once the provider's list of models was read, in this run or an earlier one.
    var hasList = false
    /// The number of models in the last list beyond `modelLimit`.
    var unkeptModels = 0
    var retryBudget = RetryBudget()
    /// The availability that `Registry.onChange` reported last.
    var reported = Availability.unknown
    /// When `reported` changed last, in milliseconds of `WallClock`.
    var reportedSince: Int
    /// nil: no probe has ended since the start.
    var lastProbe: ProbeRecord?
    /// The indices of the rejected keys that `Registry.onKeyRefused` has reported.
    var refusedKeys: Set<Int> = []
    /// True after a reload removed or replaced the provider. Requests in flight continue; state changes are not
    /// reported.
    var isRetired = false
    /// Facts learnt from the server's replies, by the name of the model; kept in memory until the daemon ends. They
    /// are separate from `models` because they stay true when the list changes.
    private var learntFacts: [String: WireFacts] = [:]
    /// The number of models about which facts are learnt.
    private static let learntLimit = 1000
    unowned let registry: Registry
    /// The built-in catalogue of the provider's models; nil: there is none. Read on first use, to keep the start fast.
    lazy var catalogue = isUpstream ? try? Catalogue.embedded(of: id) : nil

    struct ProbeRecord {
        /// When the probe ended, in milliseconds of `WallClock`.
        var at: Int
        /// The duration of the probe.
        var milliseconds: Double
        /// nil: the probe succeeded.
        var error: UltraError?
    }

    /// - Parameter gate: the gate of the provider that this one replaces, so that both share one concurrency limit;
    ///   nil: a new one.
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

    /// True unless the provider is the mock.
    var isUpstream: Bool {
        if case .mock = provider.backend { false } else { true }
    }

    /// True if the provider is to be probed: it is enabled, has a key, and `probe` is not `none`.
    var canBeProbed: Bool {
        isUpstream && settings.isEnabled && settings.probe == .list && provider.missingKeyVariables.isEmpty
    }

    var isLocal: Bool { provider.isLocal }

    func learntFacts(of model: String) -> WireFacts {
        learntFacts.isEmpty ? WireFacts() : learntFacts[model] ?? WireFacts()
    }

    /// Changes the learnt facts of `model`. Does nothing for a new model beyond `learntLimit`.
    func learn(of model: String, _ change: (inout WireFacts) -> Void) {
        guard learntFacts[model] != nil || learntFacts.count < Self.learntLimit else { return }
        change(&learntFacts[model, default: WireFacts()])
    }

    /// True if the provider's server runs on this machine: a loopback address, a Unix socket or a program.
    var isOnThisMachine: Bool {
        switch provider.backend {
        case .http(let endpoint, let adapters):
            endpoint.isLoopback || adapters.contains { $0.listRequest(page: nil).unixSocketPath != nil }
        case .command: true
        case .mock: false
        }
    }

    /// Notices for the operator that the availability does not show, each `code: sentence`.
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

    // MARK: - Reload

    /// Applies a reloaded configuration in which the provider has the same host and keys.
    func adopt(_ provider: Provider, at now: Int) {
        self.provider = provider
        settings = registry.configuration.providerSettings[id] ?? ProviderSettings()
        adoptLimits()
        schedule.adopt(registry.configuration.health, at: now)
        adoptModels(at: now)
    }

    /// Inherits the state of `old`, a provider with the same host and other keys.
    /// - Parameter origins: for each key, its index in `old`; nil: the key is new.
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

    /// When an unusable model may be usable again, in milliseconds of `WallClock`; nil: unknown.
    /// - Parameter model: nil: the provider as a whole.
    func retryTime(of model: ModelState?, at now: Int) -> Int? {
        let latest = max(
            health.coolDownEnd(for: model?.health, at: now) ?? 0, health.breaker.openUntil ?? 0,
            model?.health.breaker.openUntil ?? 0, model?.health.notFound?.until ?? 0)
        return latest > now ? latest : nil
    }

    /// `set`, `missing` or `refused`, for the `status` operation.
    var keyState: String {
        if !provider.missingKeyVariables.isEmpty { return "missing" }
        return health.areAllKeysRefused ? "refused" : "set"
    }

    /// The adapter that uses the key at index `key`.
    /// - Throws: `authentication` if there is no such key.
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
    /// The part after `prefix/`; nil: the string does not start with it, or nothing follows.
    func afterSlash(of prefix: String) -> String? {
        let bytes = utf8
        guard bytes.count > prefix.utf8.count + 1, bytes.starts(with: prefix.utf8) else { return nil }
        let slash = bytes.index(startIndex, offsetBy: prefix.utf8.count)
        return bytes[slash] == UInt8(ascii: "/") ? String(self[bytes.index(after: slash)...]) : nil
    }
}
