internal import UltraAPI
internal import UltraDialects
internal import UltraProviders
internal import UltraSystem

/// The models in the lists of other APIs.
extension Daemon {
    /// Models examined in one turn of the loop.
    private static let modelsAtOnce = 500

    /// Ends `call` with the models that a request can name, sorted by id, followed by aliases and routes.
    ///
    /// - Parameter report: Makes the result of the models.
    func listModels(_ call: Call, _ report: @escaping @Sendable ([ListedModel]) -> Report) {
        call.run { [self] in
            var models: [ListedModel] = []
            var names: [ListedModel] = []
            for provider in registry.providers {
                for start in stride(from: 0, to: provider.models.count, by: Self.modelsAtOnce) {
                    // The list may have changed since the last turn.
                    for model in provider.models.dropFirst(start).prefix(Self.modelsAtOnce) {
                        guard isOffered(model, of: provider) else { continue }
                        models.append(Self.listed(model, model.id, of: provider))
                        names += model.settings.aliases.map { Self.listed(model, $0, of: provider) }
                    }
                    if provider.models.count > Self.modelsAtOnce { await Loop.nextTurn() }
                    if let reason = call.cancellation { return call.fail(reason) }
                }
            }
            models.sort { $0.id < $1.id }
            names += registry.routing.routes.keys.map { ListedModel(id: $0, owner: "ultrad") }
            names.sort { $0.id < $1.id }
            call.end(report(models + names))
        }
    }

    /// The model that a request would name by `name`.
    ///
    /// - Throws: `model_not_found`.
    func model(_ name: String) throws(UltraError) -> ListedModel {
        let isRoute = registry.routing.routes[name] != nil
        guard let candidate = try registry.resolved(name).first else {
            throw UltraError(.modelNotFound, "no model is called so", field: "model")
        }
        guard !isRoute else { return ListedModel(id: name, owner: "ultrad") }
        guard registry.isKnown(candidate.id) else {
            throw UltraError(
                .modelNotFound, "\(candidate.provider.id) lists no such model",
                hint: "ultractl models lists what there is", field: "model")
        }
        return Self.listed(candidate.model, candidate.id, of: candidate.provider)
    }

    /// `name` without or with the tag `:latest`, if only that form is known: Ollama's programs add and omit the tag.
    func nameWithLatest(_ name: String) -> String {
        let suffix = ":latest"
        let other = name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name + suffix
        return isNamed(name) || !isNamed(other) ? name : other
    }

    /// Providers whose servers take members of Chat Completions beyond OpenAI's: gateways and local servers, which have
    /// many of their own.
    var chatServers: [String] {
        registry.providers.filter(\.provider.isChatServer).map(\.id)
    }

    /// True for a route, an alias, or a model that a provider lists.
    private func isNamed(_ name: String) -> Bool {
        if registry.routing.routes[name] != nil { return true }
        do throws(UltraError) {
            return try registry.resolved(name).first.map { registry.isKnown($0.id) } ?? false
        } catch {
            return false
        }
    }

    /// True if a request for the model can succeed, now or later.
    private func isOffered(_ model: ModelState, of provider: ProviderState) -> Bool {
        guard model.kind != .other, !model.health.isMissing else { return false }
        switch provider.availability(of: model, at: WallClock.now) {
        case .needsKey, .unauthorized, .disabled: return false
        case .available, .degraded, .loading, .unavailable, .unknown, .rateLimited, .quotaExceeded: return true
        }
    }

    private static func listed(_ model: ModelState, _ name: String, of provider: ProviderState) -> ListedModel {
        ListedModel(
            id: name, owner: provider.id, contextWindow: model.facts.contextWindow?.value,
            maxOutputTokens: model.facts.maxOutputTokens?.value,
            capabilities: model.capabilities.map { $0.map(\.rawValue).sorted() })
    }
}
