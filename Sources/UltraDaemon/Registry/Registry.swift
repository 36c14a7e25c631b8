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
    /// Until the next state that ends by itself does.
    private let expiry = Timer {}

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
    ///   - askedAt: when the breakers let it pass, in milliseconds of `WallClock`; nil: they were not asked.
    ///   - firstToken: milliseconds to the first content, of a success.
    func record(
        _ error: UltraError?, of candidate: Candidate, key: Int, askedAt: Int? = nil, firstToken: Double? = nil,
        isOwnTimeout: Bool = false, by source: Evidence.Source = .live
    ) {
        guard case .upstream = candidate.target, candidate.provider.isUpstream else { return }
        let (provider, model, now) = (candidate.provider, candidate.model, WallClock.now)
        let blame = Blame(error, isOwnTimeout: isOwnTimeout)
        provider.health.record(
            blame, error, key: key, askedAt: askedAt, at: now, by: source, configuration.health)
        model.health.record(blame, error, key: key, askedAt: askedAt, at: now, by: source, configuration.health)
        if source == .live { model.isAskedFor = true }
        switch blame {
        case .none:
            if let firstToken { model.health.latency.record(firstToken) }
            provider.keep(model)
            // A random number is a system call.
            if !provider.schedule.isFresh(at: now, configuration.health) {
                provider.schedule.succeeded(at: now, random: .random(in: 0..<1), configuration.health)
            }
        case .host, .key:
            provider.schedule.hasten(at: now, configuration.health)
        case .missingModel:
            provider.forget(model)
        case .client, .keyForModel, .quota, .rate, .model:
            break
        }
        note(provider, model, reason: error?.code.rawValue ?? "answered")
        onUse(provider)
    }

    /// Tells of the states that differ from what was told last.
    func note(_ provider: ProviderState, _ only: ModelState?, reason: String) {
        guard !provider.isRetired else { return }
        noteKeys(of: provider)
        let now = WallClock.now
        let state = provider.availability(at: now)
        let isOfAll = state != provider.reported
        var isWaiting = isOfAll && !state.isUsable
        if isOfAll {
            let change = StateChange(provider: provider, model: nil, from: provider.reported, to: state, reason: reason)
            provider.reported = state
            provider.reportedSince = now
            onChange(change)
        }
        var models = only.map { [$0] } ?? []
        if only == nil || isOfAll { models += provider.models.filter { $0 !== only } }
        for model in models {
            let state = provider.availability(of: model, at: now)
            guard state != model.reported else { continue }
            isWaiting = isWaiting || !state.isUsable
            let change = StateChange(provider: provider, model: model, from: model.reported, to: state, reason: reason)
            model.reported = state
            model.reportedSince = now
            // What only follows from the provider's change was told with that.
            if model === only || !isOfAll || state != provider.reported { onChange(change) }
        }
        if isWaiting { awaitExpiry(at: now) }
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
        for provider in providers { note(provider, nil, reason: "expired") }
        awaitExpiry(at: WallClock.now)
    }

    private func awaitExpiry(at now: Int) {
        let ends = providers.flatMap { provider in
            [provider.retryTime(of: nil, at: now)] + provider.models.map { provider.retryTime(of: $0, at: now) }
        }
        guard let next = ends.compactMap({ $0 }).min() else { return expiry.cancel() }
        expiry.arm(after: .milliseconds(min(next - now, 86_400_000)))
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
