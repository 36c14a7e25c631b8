internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// The content of the registry's file: the models that providers list, and the health of providers and models. Writing
/// and reading are pure. A file is read completely before it is applied, so a corrupt one changes nothing.
struct RegistrySnapshot: Sendable, Equatable {
    struct KeptProvider: Sendable, Equatable {
        var id = ""
        var reachable = Evidence()
        var breaker = Breaker()
        var lastFailure: Failure?
        /// By index; the file does not contain the keys themselves.
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

    /// Milliseconds of `WallClock`; the file has the time of the system's clock.
    var savedAt = 0
    /// The cost of the deep probes on the day of `savedAt`, in micro-USD.
    var probeSpend = 0
    var providers: [KeptProvider] = []

    init() {}
}

@Loop
extension RegistrySnapshot {
    /// Copies the state of `registry`.
    init(_ registry: Registry, at now: Int) {
        self.init()
        savedAt = now
        // The spend is counted by days of the system's clock.
        probeSpend = registry.probeSpend.today(at: now + RealTime.now - WallClock.now)
        providers = registry.providers.filter(\.isUpstream).map { state in
            KeptProvider(
                id: state.id, reachable: state.health.reachable, breaker: state.health.breaker,
                lastFailure: state.health.lastFailure, keys: state.health.keys,
                models: state.models.map { KeptModel(name: $0.name, health: $0.health, discovered: $0.discovered) })
        }
    }

    /// Applies the snapshot to the providers that are still configured.
    func restore(into registry: Registry, at now: Int) {
        registry.probeSpend = ProbeSpend(microUSD: probeSpend, at: savedAt)
        for kept in providers {
            guard let provider = registry.provider(kept.id), provider.isUpstream else { continue }
            provider.health.reachable = kept.reachable
            provider.health.hasWorked = kept.reachable.holds == true
            provider.health.breaker = kept.breaker
            provider.health.lastFailure = kept.lastFailure
            // Keys are known by index only, so their state is dropped if their number has changed.
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

extension RegistrySnapshot {
    /// The text of the file, with times of `WallClock`.
    var bytes: [UInt8] { bytes(shiftedBy: 0) }

    /// The text of the file, with times of the system's clock.
    /// - Parameter shift: milliseconds by which the system's clock is ahead of `WallClock`.
    func bytes(shiftedBy shift: Int) -> [UInt8] {
        let writer = Writer(shift: shift)
        var json = JSONWriter()
        json.beginObject()
        json.field("version", Self.version)
        json.field("saved_at", savedAt + shift)
        json.field("probe_spend_micro_usd", probeSpend)
        json.key("providers")
        json.beginArray()
        for provider in providers { writer.write(provider, to: &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }
}

/// Writes the values that contain times.
private struct Writer {
    let shift: Int

    func write(_ provider: RegistrySnapshot.KeptProvider, to json: inout JSONWriter) {
        json.beginObject()
        json.field("id", provider.id)
        write(provider.reachable, "reachable", to: &json)
        write(provider.breaker, to: &json)
        write(provider.lastFailure, to: &json)
        json.key("keys")
        json.beginArray()
        for key in provider.keys {
            json.beginObject()
            write(key.authorised, "authorised", to: &json)
            if let coolDown = key.coolDown {
                json.key("rest")
                write(coolDown, to: &json)
            }
            json.endObject()
        }
        json.endArray()
        json.key("models")
        json.beginArray()
        for model in provider.models { write(model, to: &json) }
        json.endArray()
        json.endObject()
    }

    func write(_ model: RegistrySnapshot.KeptModel, to json: inout JSONWriter) {
        json.beginObject()
        json.field("name", model.name)
        write(model.health.listed, "listed", to: &json)
        write(model.health.generated, "generated", to: &json)
        write(model.health.authorised, "authorised", to: &json)
        write(model.health.breaker, to: &json)
        write(model.health.lastFailure, to: &json)
        if model.health.isLoading { json.field("loading", true) }
        if !model.health.coolDowns.isEmpty {
            json.key("rests")
            json.beginArray()
            for (key, coolDown) in model.health.coolDowns.sorted(by: { $0.key < $1.key }) {
                write(coolDown, key: key, to: &json)
            }
            json.endArray()
        }
        json.fieldIfPresent("latency", model.health.latency.mean)
        if let discovered = model.discovered { write(discovered, to: &json) }
        json.endObject()
    }

    func write(_ model: DiscoveredModel, to json: inout JSONWriter) {
        json.key("discovered")
        json.beginObject()
        json.fieldIfPresent("name", model.displayName)
        json.strings("aliases", model.aliases)
        json.fieldIfPresent("kind", model.kind?.rawValue)
        if let capabilities = model.capabilities {
            json.strings("capabilities", capabilities.map(\.rawValue).sorted())
        }
        json.fieldIfPresent("context", model.contextWindow)
        json.fieldIfPresent("output", model.maxOutputTokens)
        json.fieldIfPresent("retires_on", model.retiresOn)
        json.endObject()
    }

    func write(_ evidence: Evidence, _ name: StaticString, to json: inout JSONWriter) {
        guard let holds = evidence.holds, let at = evidence.at, let source = evidence.source else { return }
        json.key(name)
        json.beginObject()
        json.field("ok", holds)
        json.field("at", at + shift)
        json.field("by", source.rawValue)
        json.endObject()
    }

    func write(_ breaker: Breaker, to json: inout JSONWriter) {
        guard breaker.consecutiveFailures > 0 || breaker.openUntil != nil else { return }
        json.key("breaker")
        json.beginObject()
        json.field("failures", breaker.consecutiveFailures)
        json.fieldIfPresent("open_until", breaker.openUntil.map { $0 + shift })
        json.field("pause", breaker.pauseMilliseconds)
        json.endObject()
    }

    func write(_ coolDown: CoolDown, key: Int? = nil, to json: inout JSONWriter) {
        json.beginObject()
        json.fieldIfPresent("key", key)
        json.field("reason", coolDown.reason.rawValue)
        json.field("until", coolDown.until + shift)
        json.field("asked", coolDown.isRequested)
        json.endObject()
    }

    func write(_ failure: Failure?, to json: inout JSONWriter) {
        guard let failure else { return }
        json.key("failure")
        json.beginObject()
        json.field("code", failure.code.rawValue)
        json.fieldIfPresent("status", failure.status)
        json.fieldIfPresent("provider_code", failure.providerCode)
        json.fieldIfPresent("words", failure.words)
        json.field("at", failure.at + shift)
        json.endObject()
    }
}
