internal import UltraAPI
internal import UltraProviders

extension RegistrySnapshot {
    /// The file.
    var bytes: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("version", Self.version)
        json.field("saved_at", savedAt)
        json.field("probe_spend_micro_usd", probeSpend)
        json.key("providers")
        json.beginArray()
        for provider in providers { Self.write(provider, to: &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private static func write(_ provider: KeptProvider, to json: inout JSONWriter) {
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
            json.fieldIfPresent("rests_until", key.restsUntil)
            json.endObject()
        }
        json.endArray()
        json.key("models")
        json.beginArray()
        for model in provider.models { write(model, to: &json) }
        json.endArray()
        json.endObject()
    }

    private static func write(_ model: KeptModel, to json: inout JSONWriter) {
        json.beginObject()
        json.field("name", model.name)
        write(model.health.listed, "listed", to: &json)
        write(model.health.generated, "generated", to: &json)
        write(model.health.authorised, "authorised", to: &json)
        write(model.health.breaker, to: &json)
        write(model.health.lastFailure, to: &json)
        if model.health.isLoading { json.field("loading", true) }
        if !model.health.rests.isEmpty {
            json.key("rests")
            json.beginArray()
            for (key, until) in model.health.rests.sorted(by: { $0.key < $1.key }) {
                json.beginObject()
                json.field("key", key)
                json.field("until", until)
                json.endObject()
            }
            json.endArray()
        }
        json.fieldIfPresent("latency", model.health.latency.mean)
        if let discovered = model.discovered { write(discovered, to: &json) }
        json.endObject()
    }

    private static func write(_ model: DiscoveredModel, to json: inout JSONWriter) {
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

    private static func write(_ evidence: Evidence, _ name: StaticString, to json: inout JSONWriter) {
        guard let holds = evidence.holds, let at = evidence.at, let source = evidence.source else { return }
        json.key(name)
        json.beginObject()
        json.field("ok", holds)
        json.field("at", at)
        json.field("by", source.rawValue)
        json.endObject()
    }

    private static func write(_ breaker: Breaker, to json: inout JSONWriter) {
        guard breaker.consecutiveFailures > 0 || breaker.openUntil != nil else { return }
        json.key("breaker")
        json.beginObject()
        json.field("failures", breaker.consecutiveFailures)
        json.fieldIfPresent("open_until", breaker.openUntil)
        json.field("pause", breaker.pauseMilliseconds)
        json.endObject()
    }

    private static func write(_ failure: ModelHealth.Failure?, to json: inout JSONWriter) {
        guard let failure else { return }
        json.key("failure")
        json.beginObject()
        json.field("code", failure.code.rawValue)
        json.field("message", failure.message)
        json.field("at", failure.at)
        json.endObject()
    }
}
