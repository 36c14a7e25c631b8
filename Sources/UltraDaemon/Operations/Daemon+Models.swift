internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// `models`: the registry as it stands.
extension Daemon {
    func models(_ call: Call, _ frame: RequestFrame) throws(UltraError) {
        let filter = try frame.modelFilter()
        call.end { writer, id in
            writer.frame(id, "result") { json in
                json.key("models")
                json.beginArray()
                for provider in registry.providers where filter.provider ?? provider.id == provider.id {
                    for model in provider.models where Self.matches(filter, provider, model) {
                        write(model, of: provider, to: &json)
                    }
                }
                json.endArray()
                json.fieldOrNull("default", registry.defaultModel)
            }
        }
    }

    private static func matches(_ filter: ModelFilter, _ provider: ProviderState, _ model: DiscoveredModel) -> Bool {
        if filter.tag != nil { return false }
        if let capability = filter.capability, !capabilities(of: model).contains(capability) { return false }
        if let isAvailable = filter.available, isAvailable != (provider.availability == .available) { return false }
        return true
    }

    private static func capabilities(of model: DiscoveredModel) -> [String] {
        (model.capabilities ?? []).map(\.rawValue).sorted()
    }

    private func write(_ model: DiscoveredModel, of provider: ProviderState, to json: inout JSONWriter) {
        json.beginObject()
        json.field("id", "\(provider.id)/\(model.id)")
        json.field("provider", provider.id)
        json.field("name", model.id)
        json.key("aliases")
        json.beginArray()
        model.aliases.forEach { json.string($0) }
        json.endArray()
        json.fieldOrNull("kind", model.kind?.rawValue)
        json.field("state", provider.availability.rawValue)
        json.field("state_since", RFC3339.string(provider.stateSince))
        json.key("retry_at")
        json.null()
        json.field("weight", 1)
        json.key("tags")
        json.beginArray()
        json.endArray()
        json.key("capabilities")
        json.beginArray()
        Self.capabilities(of: model).forEach { json.string($0) }
        json.endArray()
        json.fieldOrNull("context_window", model.contextWindow)
        json.fieldOrNull("max_output_tokens", model.maxOutputTokens)
        json.key("price")
        if let price = model.price {
            json.beginObject()
            json.field("input_usd_per_mtok", price.input)
            json.fieldOrNull("cached_input_usd_per_mtok", price.cachedInput)
            json.field("output_usd_per_mtok", price.output)
            json.endObject()
        } else {
            json.null()
        }
        json.key("source")
        json.beginObject()
        if model.capabilities != nil { json.field("capabilities", "discovery") }
        if model.contextWindow != nil { json.field("context_window", "discovery") }
        json.endObject()
        json.key("evidence")
        json.beginObject()
        json.field("reachable", provider.evidence.reachable)
        json.field("authorised", provider.evidence.authorised)
        json.field("listed", provider.listed)
        json.field("generated", provider.generated[model.id] ?? Evidence())
        json.endObject()
        json.key("latency_ms")
        json.beginObject()
        json.endObject()
        json.key("failures")
        json.beginObject()
        json.field("consecutive", provider.consecutiveFailures)
        json.fieldOrNull("last", provider.lastFailure?.code.rawValue)
        json.endObject()
        json.endObject()
    }
}

extension JSONWriter {
    mutating func field(_ name: StaticString, _ evidence: Evidence) {
        key(name)
        beginObject()
        fieldOrNull("ok", evidence.holds)
        fieldOrNull("at", evidence.at.map(RFC3339.string))
        fieldOrNull("by", evidence.source?.rawValue)
        endObject()
    }
}
