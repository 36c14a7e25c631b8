internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// `models`: what the registry holds.
extension Daemon {
    func models(_ call: Call, _ frame: RequestFrame) throws(UltraError) {
        let filter = try frame.modelFilter()
        let count = registry.providers.reduce(0) { $0 + (filter.provider ?? $1.id == $1.id ? $1.models.count : 0) }
        guard count > Self.modelsAtOnce else {
            return call.end(
                Report { json in
                    writeModels(matching: filter, to: &json)
                    json.fieldOrNull("default", registry.routing.defaultModel)
                })
        }
        call.run { [self] in
            let list = await modelsInPieces(filter, isBrief: count > Self.modelsInFull)
            if let reason = call.cancellation { return call.fail(reason) }
            call.end(
                Report { json in
                    json.field("models", list)
                    json.fieldOrNull("default", registry.routing.defaultModel)
                })
        }
    }

    /// The most models that are written in one turn of the loop.
    private static let modelsAtOnce = 500
    /// The most models that are written with all members; of more, members without a value are left out, so that the
    /// list fits into a frame.
    static let modelsInFull = 5000

    /// The value of `models`, written in several turns of the loop.
    private func modelsInPieces(_ filter: ModelFilter, isBrief: Bool) async -> RawJSON {
        var json = JSONWriter()
        json.beginArray()
        for provider in registry.providers where filter.provider ?? provider.id == provider.id {
            let models = provider.models
            for start in stride(from: 0, to: models.count, by: Self.modelsAtOnce) {
                let piece = models[start..<min(start + Self.modelsAtOnce, models.count)]
                write(piece, of: provider, matching: filter, isBrief: isBrief, to: &json)
                do throws(CancellationError) {
                    try await Loop.sleep(for: .milliseconds(1))
                } catch {
                    break
                }
            }
        }
        json.endArray()
        return RawJSON(validated: json.bytes)
    }

    /// The member `models`.
    func writeModels(matching filter: ModelFilter, to json: inout JSONWriter) {
        let count = registry.providers.reduce(0) { $0 + $1.models.count }
        json.key("models")
        json.beginArray()
        for provider in registry.providers where filter.provider ?? provider.id == provider.id {
            write(provider.models[...], of: provider, matching: filter, isBrief: count > Self.modelsInFull, to: &json)
        }
        json.endArray()
    }

    private func write(
        _ models: ArraySlice<ModelState>, of provider: ProviderState, matching filter: ModelFilter, isBrief: Bool,
        to json: inout JSONWriter
    ) {
        let now = WallClock.now
        for model in models {
            let state = provider.availability(of: model, at: now)
            guard Self.matches(filter, provider, model, state) else { continue }
            if isBrief {
                writeBriefly(model, of: provider, state, at: now, to: &json)
            } else {
                write(model, of: provider, state, at: now, to: &json)
            }
        }
    }

    /// Writes a model without the members that have no value.
    private func writeBriefly(
        _ model: ModelState, of provider: ProviderState, _ state: Availability, at now: Int, to json: inout JSONWriter
    ) {
        json.beginObject()
        json.field("id", model.id)
        json.field("provider", provider.id)
        json.field("name", model.name)
        json.fieldIfPresent("display_name", model.facts.displayName?.value)
        if !model.aliases.isEmpty { json.strings("aliases", model.aliases) }
        json.fieldIfPresent("kind", model.kind?.rawValue)
        json.field("state", state.rawValue)
        json.fieldIfPresent("retry_at", provider.retryTime(of: model, at: now).map(WallClock.text))
        if model.settings.weight != 1 { json.field("weight", model.settings.weight) }
        let tags = (model.settings.tags + provider.settings.tags).unique
        if !tags.isEmpty { json.strings("tags", tags) }
        if let capabilities = model.capabilities { json.strings("capabilities", capabilities.map(\.rawValue).sorted()) }
        json.fieldIfPresent("context_window", model.facts.contextWindow?.value)
        json.fieldIfPresent("max_output_tokens", model.facts.maxOutputTokens?.value)
        if let price = model.facts.price?.value {
            json.key("price")
            Self.write(price, to: &json)
        }
        json.fieldIfPresent("retires_on", model.facts.retiresOn?.value)
        if let failure = model.health.lastFailure {
            json.key("failures")
            json.beginObject()
            json.field("consecutive", model.health.breaker.consecutiveFailures)
            json.field("last", failure.code.rawValue)
            json.field("last_at", WallClock.text(failure.at))
            json.endObject()
        }
        json.endObject()
    }

    private static func matches(
        _ filter: ModelFilter, _ provider: ProviderState, _ model: ModelState, _ state: Availability
    ) -> Bool {
        if let tag = filter.tag, !(model.settings.tags + provider.settings.tags).contains(tag) { return false }
        if let capability = filter.capability,
            model.capabilities?.contains(where: { $0.rawValue == capability }) != true
        {
            return false
        }
        if let isAvailable = filter.available, isAvailable != (state == .available) { return false }
        return true
    }

    private func write(
        _ model: ModelState, of provider: ProviderState, _ state: Availability, at now: Int,
        to json: inout JSONWriter
    ) {
        json.beginObject()
        json.field("id", model.id)
        json.field("provider", provider.id)
        json.field("name", model.name)
        json.fieldIfPresent("display_name", model.facts.displayName?.value)
        json.strings("aliases", model.aliases)
        json.fieldOrNull("kind", model.kind?.rawValue)
        json.field("state", state.rawValue)
        json.field("state_since", WallClock.text(model.reportedSince))
        json.fieldOrNull("retry_at", provider.retryTime(of: model, at: now).map(WallClock.text))
        json.field("weight", model.settings.weight)
        json.strings("tags", (model.settings.tags + provider.settings.tags).unique)
        json.strings("capabilities", (model.capabilities ?? []).map(\.rawValue).sorted())
        json.fieldOrNull("context_window", model.facts.contextWindow?.value)
        json.fieldOrNull("max_output_tokens", model.facts.maxOutputTokens?.value)
        json.key("price")
        if let price = model.facts.price?.value { Self.write(price, to: &json) } else { json.null() }
        json.fieldIfPresent("retires_on", model.facts.retiresOn?.value)
        writeSources(of: model.facts, to: &json)
        json.key("evidence")
        json.beginObject()
        writeEvidence(provider, model, to: &json)
        json.endObject()
        json.key("latency_ms")
        json.beginObject()
        json.fieldOrNull("first_token_p50", model.health.latency.percentile(0.5))
        json.fieldOrNull("first_token_p95", model.health.latency.percentile(0.95))
        json.endObject()
        json.key("failures")
        json.beginObject()
        json.field("consecutive", model.health.breaker.consecutiveFailures)
        json.fieldOrNull("last", model.health.lastFailure?.code.rawValue)
        json.fieldIfPresent("last_at", model.health.lastFailure.map { WallClock.text($0.at) })
        json.endObject()
        json.endObject()
    }

    func writeEvidence(_ provider: ProviderState, _ model: ModelState?, to json: inout JSONWriter) {
        json.field("reachable", provider.health.reachable)
        let own = model?.health.authorised
        json.field("authorised", own?.holds == false ? own ?? Evidence() : provider.health.authorised)
        guard let model else { return }
        json.field("listed", model.health.listed)
        json.field("generated", model.health.generated)
    }

    private static func write(_ price: Price, to json: inout JSONWriter) {
        json.beginObject()
        json.field("input_usd_per_mtok", price.input)
        json.fieldOrNull("cached_input_usd_per_mtok", price.cachedInput)
        json.fieldIfPresent("cache_write_usd_per_mtok", price.cacheWrite)
        json.field("output_usd_per_mtok", price.output)
        json.endObject()
    }

    private func writeSources(of facts: ModelFacts, to json: inout JSONWriter) {
        json.key("source")
        json.beginObject()
        json.fieldIfPresent("kind", facts.kind?.origin.rawValue)
        json.fieldIfPresent("capabilities", facts.capabilities?.origin.rawValue)
        json.fieldIfPresent("context_window", facts.contextWindow?.origin.rawValue)
        json.fieldIfPresent("max_output_tokens", facts.maxOutputTokens?.origin.rawValue)
        json.fieldIfPresent("price", facts.price?.origin.rawValue)
        json.fieldIfPresent("retires_on", facts.retiresOn?.origin.rawValue)
        json.endObject()
    }
}

extension Array where Element: Hashable {
    /// Each element once, in the order of its first occurrence.
    var unique: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
