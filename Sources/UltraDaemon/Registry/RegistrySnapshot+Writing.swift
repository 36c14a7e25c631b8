internal import UltraAPI
internal import UltraProviders

extension RegistrySnapshot {
    /// The file.
    var bytes: [UInt8] { bytes(shiftedBy: 0) }

    /// The file.
    /// - Parameter shift: what the system's clock shows more than the steady clock by which the times are kept.
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

/// Writes what holds times.
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
            if let rest = key.coolDown {
                json.key("rest")
                write(rest, to: &json)
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
            for (key, rest) in model.health.coolDowns.sorted(by: { $0.key < $1.key }) {
                write(rest, key: key, to: &json)
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

    func write(_ rest: CoolDown, key: Int? = nil, to json: inout JSONWriter) {
        json.beginObject()
        json.fieldIfPresent("key", key)
        json.field("reason", rest.reason.rawValue)
        json.field("until", rest.until + shift)
        json.field("asked", rest.isRequested)
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
