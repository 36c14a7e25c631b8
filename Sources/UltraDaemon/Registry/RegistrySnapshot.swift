internal import UltraProviders
internal import UltraSystem

/// What the registry's file holds: what providers list and what was seen of them. Writing and reading are pure; a file
/// is read whole before anything of it is taken over, so that a broken one changes nothing.
struct RegistrySnapshot: Sendable, Equatable {
    struct KeptProvider: Sendable, Equatable {
        var id = ""
        var reachable = Evidence()
        var breaker = Breaker()
        var lastFailure: Failure?
        /// Told by their number alone.
        var keys: [KeyHealth] = []
        var models: [KeptModel] = []
    }

    struct KeptModel: Sendable, Equatable {
        var name = ""
        var health = ModelHealth()
        /// nil: the provider does not list it.
        var discovered: DiscoveredModel?
    }

    static let version = 1

    /// Milliseconds since 1970, as all times of the file: the system's clock may be set between two runs.
    var savedAt = 0
    /// Of deep probes on the day of `savedAt`, in micro-USD.
    var probeSpend = 0
    var providers: [KeptProvider] = []

    init() {}
}

/// From the registry, and back into one.
@Loop
extension RegistrySnapshot {
    init(_ registry: Registry, at now: Int) {
        self.init()
        savedAt = now
        // Its days are those of the system's clock.
        probeSpend = registry.probeSpend.today(at: now + RealTime.now - WallClock.now)
        providers = registry.providers.filter(\.isUpstream).map { state in
            KeptProvider(
                id: state.id, reachable: state.health.reachable, breaker: state.health.breaker,
                lastFailure: state.health.lastFailure, keys: state.health.keys,
                models: state.models.map { KeptModel(name: $0.name, health: $0.health, discovered: $0.discovered) })
        }
    }

    /// Providers that are not configured any more are passed over.
    func restore(into registry: Registry, at now: Int) {
        registry.probeSpend = ProbeSpend(microUSD: probeSpend, at: savedAt)
        for kept in providers {
            guard let provider = registry.provider(kept.id), provider.isUpstream else { continue }
            provider.health.reachable = kept.reachable
            provider.health.hasWorked = kept.reachable.holds == true
            provider.health.breaker = kept.breaker
            provider.health.lastFailure = kept.lastFailure
            // Another number of keys means others.
            let areSameKeys = provider.health.keys.count == kept.keys.count
            if areSameKeys { provider.health.keys = kept.keys }
            let models = kept.models.lazy.map { model in
                var health = model.health
                if !areSameKeys { health.forgetKeys() }
                return (name: model.name, discovered: model.discovered, health: health)
            }
            provider.restore(models, at: now)
            registry.note(provider, nil, reason: "restored")
        }
    }
}
