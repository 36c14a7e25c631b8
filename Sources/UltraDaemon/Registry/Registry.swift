internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// The providers and their models: what there is, what works and how that is known, and what a model name means.
@Loop
final class Registry {
    private(set) var configuration: Configuration
    private(set) var providers: [ProviderState] = []
    /// A model whose key is missing is answered by the mock.
    private var usesMock: Bool
    /// Told of every change of state.
    var onChange: @Loop (StateChange) -> Void = { _ in }
    /// Told of every key that is refused, by its number.
    var onKeyRefused: @Loop (ProviderState, Int) -> Void = { _, _ in }
    /// Told of every live outcome.
    var onUse: @Loop (ProviderState) -> Void = { _ in }
    /// What deep probes cost today.
    var probeSpend = ProbeSpend()
    /// Told once in place of `onChange`, of more changes at once than anybody reads one by one.
    var onManyChanges: @Loop (ProviderState, Int) -> Void = { _, _ in }
    /// Until the next state that ends by itself does.
    private let expiry = Timer {}
    /// When `expiry` fires, in milliseconds of `WallClock`; nil: it does not.
    private var expiresAt: Int?
    /// Models with a wait of their own that ends by itself.
    private var waiting: [ObjectIdentifier: (provider: ProviderState, model: ModelState)] = [:]
    /// The names of all models as of their last change.
    var namesVersion: (version: [ModelsVersion], index: NameIndex)?

    /// Changes of models at once that are told one by one.
    static let changesToldSingly = 256

    init(_ configuration: Configuration) {
        self.configuration = configuration
        usesMock = configuration.providers.contains { $0.id == Mock.provider }
        let now = WallClock.now
        providers = configuration.providers.map { ProviderState($0, self, now: now) }
        for provider in providers { note(provider, nil, reason: "configuration") }
        expiry.onFire = { [unowned self] in expire() }
    }

    isolated deinit {
        expiry.cancel()
    }

    var routing: RoutingSettings { configuration.routing }

    /// The first half of `adopt`.
    /// - Parameter state: of each provider configured now; asked when the new configuration is in place.
    func replace(_ configuration: Configuration, _ state: (Provider) -> ProviderState) {
        self.configuration = configuration
        usesMock = configuration.providers.contains { $0.id == Mock.provider }
        let old = providers
        let new = configuration.providers.map(state)
        for provider in old where !new.contains(where: { $0 === provider }) { provider.isRetired = true }
        providers = new
        namesVersion = nil
    }

    /// Whether a provider lists the model of that id (`provider/model`), the configuration names it, or it has answered:
    /// else the name is a client's invention.
    func isKnown(_ id: String) -> Bool {
        guard let slash = id.utf8.firstIndex(of: UInt8(ascii: "/")), let provider = provider(String(id[..<slash]))
        else {
            return false
        }
        return id.afterSlash(of: provider.id).flatMap { provider.model($0) } != nil
    }

    func provider(_ id: String) -> ProviderState? {
        providers.first { $0.id == id }
    }

    /// Each model's `provider/model`.
    var modelIDs: [String] {
        providers.flatMap { provider in provider.models.map(\.id) }
    }

    /// Who answers for `model` of `provider`.
    func candidate(_ provider: ProviderState, _ model: ModelState) -> Candidate {
        let target: Candidate.Target
        switch provider.provider.backend {
        case .mock(let mock):
            target = .mock(mock)
        default:
            target = usesMock && provider.availability(at: WallClock.now) == .needsKey ? .mock(Mock()) : .upstream
        }
        return Candidate(provider: provider, model: model, target: target)
    }

    /// No cloud provider that has a key can be reached, and there is at least one.
    var isOffline: Bool {
        let clouds = providers.filter { $0.isUpstream && !$0.isLocal && $0.provider.missingKeyVariables.isEmpty }
        return !clouds.isEmpty && clouds.allSatisfy { $0.health.reachable.holds == false }
    }

    // MARK: - Learning

    /// Takes in how a request, a live one or a deep probe, ended; nil is success.
    /// - Parameters:
    ///   - request: what tells it from another one; nil: it is the daemon's own, or succeeded.
    ///   - prompt: its words, of which nothing may be kept; asked for only where a sentence may be.
    ///   - askedAt: when the breakers let it pass, in milliseconds of `WallClock`; nil: they were not asked.
    ///   - firstToken: milliseconds to the first content, of a success.
    func record(
        _ error: UltraError?, of candidate: Candidate, key: Int, by request: RequestMark? = nil,
        prompt: () -> PromptText? = { nil }, askedAt: Int? = nil, firstToken: Double? = nil,
        isOwnTimeout: Bool = false, isBlameless: Bool = false, from source: Evidence.Source = .live
    ) {
        guard case .upstream = candidate.target, candidate.provider.isUpstream else { return }
        let (provider, model, now) = (candidate.provider, candidate.model, WallClock.now)
        let settings = configuration.health
        let isLocalRefusal = error?.isConnectionRefused == true && provider.isOnThisMachine
        var scope = FailureScope(error, isOwnTimeout: isOwnTimeout, isOnThisMachine: isLocalRefusal)
        if isBlameless {
            scope = .client(isReachable: true)
        } else if let error, let request {
            scope = scope.confirmed(error, by: request, of: &model.health, key: key, at: now)
        }
        var failure: Failure?
        if let error, scope.isRecorded { failure = Failure(error, prompt: prompt(), at: now) }
        provider.health.record(
            scope, error, keeping: failure, key: key, askedAt: askedAt, at: now, by: source, settings)
        model.health.record(
            scope, error, keeping: failure, key: key, askedAt: askedAt, at: now, by: source, settings)
        if source == .live { model.isAskedFor = true }
        follow(scope, error, provider, model, firstToken: firstToken, at: now)
        note(provider, model, reason: error?.code.rawValue ?? "answered")
        onUse(provider)
    }

    /// What an outcome means for the models that are kept and for the next probe.
    private func follow(
        _ scope: FailureScope, _ error: UltraError?, _ provider: ProviderState, _ model: ModelState, firstToken: Double?,
        at now: Int
    ) {
        switch scope {
        case .none:
            if let firstToken { model.health.latency.record(firstToken) }
            provider.keep(model)
            // A random number is a system call.
            if !provider.schedule.isFresh(at: now, configuration.health) {
                provider.schedule.succeeded(at: now, random: .random(in: 0..<1), configuration.health)
            }
        case .host, .absentServer, .key, .keyForModel, .quota:
            provider.schedule.hasten(at: now, configuration.health)
        case .missingModel:
            provider.forget(model)
            provider.schedule.hasten(at: now, configuration.health)
        case .client, .rate, .model:
            // One 404 of a listed model is no proof: the list may be.
            if error?.code == .modelNotFound { provider.schedule.hasten(at: now, configuration.health) }
        }
    }

    /// The free probe of `provider` succeeded: what was a guess of ours ends, for each of its models.
    func probeSucceeded(_ provider: ProviderState) {
        for model in provider.models { model.health.probeSucceeded() }
    }

    /// Somebody asked for a probe of `candidate`, and it succeeded: no wait goes on.
    func endWaits(of candidate: Candidate) {
        let now = WallClock.now
        candidate.provider.health.endWaits(at: now)
        candidate.model.health.endWaits(at: now)
        note(candidate.provider, candidate.model, reason: "probe")
    }

    // MARK: - Telling

    /// Tells of the states that differ from what was told last.
    func note(_ provider: ProviderState, _ only: ModelState?, reason: String) {
        guard !provider.isRetired else { return }
        noteKeys(of: provider)
        let now = WallClock.now
        let state = provider.availability(at: now)
        let isOfAll = state != provider.reported
        if isOfAll {
            let change = StateChange(provider: provider, model: nil, from: provider.reported, to: state, reason: reason)
            provider.reported = state
            provider.reportedSince = now
            onChange(change)
        }
        if let end = provider.retryTime(of: nil, at: now) { awaitExpiry(end, at: now) }
        if let only, !isOfAll {
            if let change = noted(only, of: provider, isOfAll: false, at: now, reason) { onChange(change) }
            return
        }
        var changes: [StateChange] = []
        for model in provider.models {
            if let change = noted(model, of: provider, isOfAll: isOfAll && model !== only, at: now, reason) {
                changes.append(change)
            }
        }
        if let only, provider.model(only.name) !== only,
            let change = noted(only, of: provider, isOfAll: false, at: now, reason)
        {
            changes.append(change)
        }
        if changes.count > Self.changesToldSingly { return onManyChanges(provider, changes.count) }
        for change in changes { onChange(change) }
    }

    /// Takes down the model's state; returns the change that is to be told.
    private func noted(
        _ model: ModelState, of provider: ProviderState, isOfAll: Bool, at now: Int, _ reason: String
    ) -> StateChange? {
        let state = provider.availability(of: model, at: now)
        if let end = model.health.waitEnd(at: now) {
            waiting[ObjectIdentifier(model)] = (provider, model)
            awaitExpiry(end, at: now)
        } else if !waiting.isEmpty {
            waiting[ObjectIdentifier(model)] = nil
        }
        guard state != model.reported else { return nil }
        let change = StateChange(provider: provider, model: model, from: model.reported, to: state, reason: reason)
        model.reported = state
        model.reportedSince = now
        // What only follows from the provider's change was told with that.
        return isOfAll && state == provider.reported ? nil : change
    }

    /// Tells of keys that are refused since they were last looked at.
    private func noteKeys(of provider: ProviderState) {
        let keys = provider.health.keys
        guard !provider.refusedKeys.isEmpty || keys.contains(where: \.isRefused) else { return }
        let refused = Set(keys.indices.filter { keys[$0].isRefused })
        for key in refused.subtracting(provider.refusedKeys).sorted() { onKeyRefused(provider, key) }
        provider.refusedKeys = refused
    }

    /// A wait that a provider asked for is over, or a breaker's pause: that is a change like any other.
    private func expire() {
        expiresAt = nil
        let known = waiting.values
        waiting = [:]
        for provider in providers where provider.reported != provider.availability(at: WallClock.now) {
            note(provider, nil, reason: "expired")
        }
        let now = WallClock.now
        for provider in providers {
            if let end = provider.retryTime(of: nil, at: now) { awaitExpiry(end, at: now) }
        }
        for (provider, model) in known { note(provider, model, reason: "expired") }
    }

    private func awaitExpiry(_ end: Int, at now: Int) {
        if let expiresAt, expiresAt <= end, expiresAt > now { return }
        expiresAt = end
        expiry.arm(after: .milliseconds(min(max(0, end - now), 86_400_000)))
    }
}

/// A provider or a model is in another state than was told before.
struct StateChange {
    let provider: ProviderState
    /// nil: the provider as a whole.
    let model: ModelState?
    let from: Availability
    let to: Availability
    /// Why: an error code of the protocol, or a word of ours.
    let reason: String
}
