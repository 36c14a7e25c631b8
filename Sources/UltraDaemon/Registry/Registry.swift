internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// All providers and their models: their state, the evidence for it, and the resolution of model names.
@Loop
final class Registry {
    private(set) var configuration: Configuration
    /// In the order of the configuration.
    private(set) var providers: [ProviderState] = []
    /// True if the mock provider is configured; it then answers for providers without a key.
    private var usesMock: Bool
    /// Called with every change of availability.
    var onChange: @Loop (StateChange) -> Void = { _ in }
    /// Called once for every key that the provider starts to reject, with the key's index.
    var onKeyRefused: @Loop (ProviderState, Int) -> Void = { _, _ in }
    /// Called after every recorded outcome.
    var onUse: @Loop (ProviderState) -> Void = { _ in }
    /// The cost of today's deep probes.
    var probeSpend = ProbeSpend()
    /// Called instead of `onChange`, with the number of models, if more than `singleChangesLimit` change at once.
    var onManyChanges: @Loop (ProviderState, Int) -> Void = { _, _ in }
    /// Fires when the next cool-down or pause ends.
    private let expiry = Timer {}
    /// When `expiry` fires, in milliseconds of `WallClock`; nil: it is not armed.
    private var expiresAt: Int?
    /// Models in a cool-down or pause of their own.
    private var waiting: [ObjectIdentifier: (provider: ProviderState, model: ModelState)] = [:]
    /// The cached `nameIndex`, with the versions of the models it was built from.
    var namesVersion: (version: [ModelsVersion], index: NameIndex)?

    /// The number of simultaneous changes that `onChange` reports one by one.
    static let singleChangesLimit = 256

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

    /// Replaces the configuration and the providers; part of `adopt`.
    /// - Parameter state: returns the state for a configured provider. It is called after `configuration` has changed.
    func replace(_ configuration: Configuration, _ state: (Provider) -> ProviderState) {
        self.configuration = configuration
        usesMock = configuration.providers.contains { $0.id == Mock.provider }
        let old = providers
        let new = configuration.providers.map(state)
        for provider in old where !new.contains(where: { $0 === provider }) { provider.isRetired = true }
        providers = new
        namesVersion = nil
    }

    /// True if the model `id` (`provider/model`) is listed, configured or has answered. Other ids come from clients and
    /// may not exist.
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

    /// The ids of all models, each `provider/model`.
    var modelIDs: [String] {
        providers.flatMap { provider in provider.models.map(\.id) }
    }

    /// The candidate for `model` of `provider`: the provider itself, or the mock in its place.
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

    /// True if every cloud provider with a key is unreachable, and there is at least one.
    var isOffline: Bool {
        let clouds = providers.filter { $0.isUpstream && !$0.isLocal && $0.provider.missingKeyVariables.isEmpty }
        return !clouds.isEmpty && clouds.allSatisfy { $0.health.reachable.holds == false }
    }

    // MARK: - Outcomes

    /// Records the outcome of a live request or a deep probe, and reports the changes of availability that follow.
    /// - Parameters:
    ///   - error: nil: success.
    ///   - key: the index of the key that the request used.
    ///   - request: the identity of the request; nil: a probe or a success, which needs no confirmation.
    ///   - prompt: returns the request's text, which a recorded message must not quote. Called only for a failure that
    ///     is recorded.
    ///   - askedAt: when the breakers admitted the request, in milliseconds of `WallClock`; nil: they were not asked.
    ///   - firstToken: the time to first token of a success, in milliseconds; nil: not measured.
    ///   - isOwnTimeout: true if the client set the timeout that expired.
    ///   - isInconclusive: true if the failure only shows that the host answered, as an empty reply does.
    ///   - source: whether a live request or a probe was sent.
    func record(
        _ error: UltraError?, of candidate: Candidate, key: Int, by request: RequestMark? = nil,
        prompt: () -> PromptText? = { nil }, askedAt: Int? = nil, firstToken: Double? = nil,
        isOwnTimeout: Bool = false, isInconclusive: Bool = false, from source: Evidence.Source = .live
    ) {
        guard case .upstream = candidate.target, candidate.provider.isUpstream else { return }
        let (provider, model, now) = (candidate.provider, candidate.model, WallClock.now)
        let settings = configuration.health
        let isLocalRefusal = error?.isConnectionRefused == true && provider.isOnThisMachine
        var scope = FailureScope(error, isOwnTimeout: isOwnTimeout, isOnThisMachine: isLocalRefusal)
        if isInconclusive {
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

    /// Updates the latency, the known models and the schedule of the next probe after an outcome.
    private func follow(
        _ scope: FailureScope, _ error: UltraError?, _ provider: ProviderState, _ model: ModelState,
        firstToken: Double?,
        at now: Int
    ) {
        switch scope {
        case .none:
            if let firstToken { model.health.latency.record(firstToken) }
            provider.keep(model)
            // `isFresh` avoids the system call for a random number on every success.
            if !provider.schedule.isFresh(at: now, configuration.health) {
                provider.schedule.succeeded(at: now, random: .random(in: 0..<1), configuration.health)
            }
        case .host, .absentServer, .key, .keyForModel, .quota:
            provider.schedule.hasten(at: now, configuration.health)
        case .missingModel:
            provider.forget(model)
            provider.schedule.hasten(at: now, configuration.health)
        case .client, .rate, .model:
            // A single 404 of a listed model is not confirmed yet; a new list may confirm it.
            if error?.code == .modelNotFound { provider.schedule.hasten(at: now, configuration.health) }
        }
    }

    /// Called when the free probe of `provider` has succeeded: ends those cool-downs of its models that no provider
    /// asked for.
    func probeSucceeded(_ provider: ProviderState) {
        for model in provider.models { model.health.probeSucceeded() }
    }

    /// Ends every cool-down and pause of `candidate`, after a probe that a client requested has succeeded.
    func endWaits(of candidate: Candidate) {
        let now = WallClock.now
        candidate.provider.health.endWaits(at: now)
        candidate.model.health.endWaits(at: now)
        note(candidate.provider, candidate.model, reason: "probe")
    }

    // MARK: - State changes

    /// Reports the availabilities that differ from the ones reported last.
    /// - Parameters:
    ///   - only: the model whose state may have changed; nil: all models of `provider`. If the provider's own
    ///     availability changed, all models are checked.
    ///   - reason: an error code of the protocol, or a word for `StateChange.reason`.
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
        if changes.count > Self.singleChangesLimit { return onManyChanges(provider, changes.count) }
        for change in changes { onChange(change) }
    }

    /// Updates the model's reported availability.
    /// - Returns: the change to report; nil: none, or the report of the provider's change implies it.
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
        // Skip models whose change is implied by the provider's.
        return isOfAll && state == provider.reported ? nil : change
    }

    /// Reports the keys that the provider has started to reject.
    private func noteKeys(of provider: ProviderState) {
        let keys = provider.health.keys
        guard !provider.refusedKeys.isEmpty || keys.contains(where: \.isRefused) else { return }
        let refused = Set(keys.indices.filter { keys[$0].isRefused })
        for key in refused.subtracting(provider.refusedKeys).sorted() { onKeyRefused(provider, key) }
        provider.refusedKeys = refused
    }

    /// Reports the changes that follow from the end of a cool-down or a breaker's pause.
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

/// A change of the availability of a provider or a model.
struct StateChange {
    let provider: ProviderState
    /// nil: the provider as a whole.
    let model: ModelState?
    let from: Availability
    let to: Availability
    /// An error code of the protocol, or one of the daemon's words, such as `probe`, `expired` or `configuration`.
    let reason: String
}
