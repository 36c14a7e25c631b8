internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// `models`: the registry's models.
struct ModelsOperation: Operation {
    private let registry: Registry

    init(_ registry: Registry) {
        self.registry = registry
    }

    /// The maximum number of models that are written in one turn of the loop.
    private static let modelsAtOnce = 500

    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) throws(UltraError) {
        let filter = try frame.modelFilter()
        let count = registry.providers.reduce(0) { $0 + (filter.provider ?? $1.id == $1.id ? $1.models.count : 0) }
        guard count > Self.modelsAtOnce else { return end(call, with: registry.modelsJSON(matching: filter)) }
        call.run {
            let models = await inPieces(filter, isBrief: count > Registry.modelsInFull)
            if let reason = call.cancellation { return call.fail(reason) }
            end(call, with: models)
        }
    }

    private func end(_ call: Call, with models: RawJSON) {
        let defaultModel = registry.routing.defaultModel
        call.end(Report { ModelList.write(models: models, defaultModel: defaultModel, to: &$0) })
    }

    /// The array of models, written in several turns of the loop.
    private func inPieces(_ filter: ModelFilter, isBrief: Bool) async -> RawJSON {
        var json = JSONWriter()
        json.beginArray()
        for provider in registry.providers where filter.provider ?? provider.id == provider.id {
            let models = provider.models
            for start in stride(from: 0, to: models.count, by: Self.modelsAtOnce) {
                let piece = models[start..<min(start + Self.modelsAtOnce, models.count)]
                provider.write(piece, matching: filter, isBrief: isBrief, to: &json)
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
}

extension Registry {
    /// The maximum number of models that are written with all members. In a longer list, members without a value are
    /// left out, so that the list fits into a frame.
    static let modelsInFull = 5000

    /// The array of models, written at once.
    func modelsJSON(matching filter: ModelFilter) -> RawJSON {
        let isBrief = providers.reduce(0) { $0 + $1.models.count } > Self.modelsInFull
        var json = JSONWriter()
        json.beginArray()
        for provider in providers where filter.provider ?? provider.id == provider.id {
            provider.write(provider.models[...], matching: filter, isBrief: isBrief, to: &json)
        }
        json.endArray()
        return RawJSON(validated: json.bytes)
    }
}

extension ProviderState {
    /// Writes the elements of an array, one value at a time.
    fileprivate func write(
        _ models: ArraySlice<ModelState>, matching filter: ModelFilter, isBrief: Bool, to json: inout JSONWriter
    ) {
        let now = WallClock.now
        for model in models {
            let state = availability(of: model, at: now)
            guard matches(filter, model, state) else { continue }
            let report = ModelReport(model, of: self, state, at: now, isBrief: isBrief)
            json.beginObject()
            if isBrief { report.writeBriefly(to: &json) } else { report.write(to: &json) }
            json.endObject()
        }
    }

    private func matches(_ filter: ModelFilter, _ model: ModelState, _ state: Availability) -> Bool {
        if let tag = filter.tag, !(model.settings.tags + settings.tags).contains(tag) { return false }
        if let capability = filter.capability,
            model.capabilities?.contains(where: { $0.rawValue == capability }) != true
        {
            return false
        }
        if let isAvailable = filter.available, isAvailable != (state == .available) { return false }
        return true
    }
}
