internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// The resolution of model names into candidates.
extension Registry {
    /// The models that a name resolves to, and the strategy that orders them.
    private struct Resolution {
        var models: [(provider: ProviderState, model: ModelState)]
        var strategy: RoutingSettings.Strategy
    }

    /// The candidates for a request, the first to try first; never empty. Models that lack a required capability are
    /// left out.
    ///
    /// 1. The models that the name resolves to, ordered by the strategy. A name is `tag:NAME`, `provider/model`, a
    ///    route, an alias, a model that exactly one provider has, or a model of Docker Model Runner such as
    ///    `ai/smollm2`.
    /// 2. The fallback models: the request's own, or the configured ones.
    /// 3. The local models, if that is configured and no cloud provider is reachable.
    /// - Parameter name: nil: the configured default model.
    /// - Throws: `invalid_request` without a name and a default; `model_not_found` for a name that resolves to nothing
    ///   or is ambiguous; `capability_missing` if no candidate has the required capabilities.
    func candidates(
        for name: String?, requiring required: RequiredCapabilities, fallback: Fallback = .configured
    ) throws(UltraError) -> [Candidate] {
        guard let name = name ?? routing.defaultModel else {
            throw UltraError(
                .invalidRequest, "no model is named, and there is no default model",
                hint: "name one, such as openai/gpt-4o, or set DEFAULT_MODEL", field: "model")
        }
        var found = ordered(try resolve(name))
        switch fallback {
        case .none: break
        case .models(let names): for name in names { found += ordered(try resolve(name)) }
        case .configured:
            // A configured fallback may have disappeared since the start.
            for name in routing.fallback { found += (try? resolve(name)).map(ordered) ?? [] }
            if routing.usesLocalModelsWhenOffline, isOffline { found += localModels }
        }
        if found.count > 1 {
            var seen: Set<String> = []
            found = found.filter { seen.insert($0.model.id).inserted }
        }
        if found.count == 1, required.areMet(by: found[0].model.capabilities) {
            return [candidate(found[0].provider, found[0].model)]
        }
        let able = found.filter { required.areMet(by: $0.model.capabilities) }
        guard !able.isEmpty else { throw incapable(found[0].model, required) }
        return able.map { candidate($0.provider, $0.model) }
    }

    /// The models that a name resolves to, without fallbacks, in an order that is the same for every request: as listed
    /// for the strategy `ordered`, else by id.
    /// - Throws: `model_not_found`, as `candidates`.
    func resolved(_ name: String?) throws(UltraError) -> [Candidate] {
        guard let name = name ?? routing.defaultModel else { return [] }
        let resolution = try resolve(name)
        let candidates = resolution.models.map { candidate($0.provider, $0.model) }
        return resolution.strategy == .ordered ? candidates : candidates.sorted { $0.id < $1.id }
    }

    private func ordered(_ resolution: Resolution) -> [(provider: ProviderState, model: ModelState)] {
        guard resolution.models.count > 1 else { return resolution.models }
        var random = SystemRandomNumberGenerator()
        let options = resolution.models.map { provider, model in
            CandidateOrder.Option(
                weight: model.settings.weight, latency: model.health.latency.mean,
                price: model.facts.price.map { $0.value.input + $0.value.output } ?? (provider.isLocal ? 0 : nil))
        }
        return CandidateOrder.order(options, resolution.strategy, using: &random).map { resolution.models[$0] }
    }

    private func resolve(_ name: String) throws(UltraError) -> Resolution {
        if name.hasPrefix("tag:") { return try resolve(tag: String(name.dropFirst(4))) }
        if let route = routing.routes[name] {
            var models: [(provider: ProviderState, model: ModelState)] = []
            for member in route.models { models += (try? resolve(model: member))?.models ?? [] }
            guard !models.isEmpty else { throw notFound(name) }
            return Resolution(models: models, strategy: route.strategy)
        }
        return try resolve(model: name)
    }

    /// Resolves a name that is neither a tag nor a route.
    private func resolve(model name: String) throws(UltraError) -> Resolution {
        if let slash = name.utf8.firstIndex(of: UInt8(ascii: "/")), let provider = provider(String(name[..<slash])) {
            guard let model = name.afterSlash(of: provider.id) else { throw notFound(name) }
            if !provider.isUpstream, provider.model(model) == nil { throw notFound(name) }
            // The name may be an alias of the provider's own, so the provider decides whether the model exists.
            return Resolution(models: [(provider, provider.anyModel(model))], strategy: .ordered)
        }
        let aliased = providers.flatMap { provider in provider.aliased(name).map { (provider: provider, model: $0) } }
        if !aliased.isEmpty { return Resolution(models: aliased, strategy: routing.strategy) }
        let listing = providers.compactMap { provider in provider.model(name).map { (provider: provider, model: $0) } }
        guard let first = listing.first else {
            guard let docker = docker(for: name) else { throw notFound(name) }
            return Resolution(models: [(docker, docker.anyModel(name))], strategy: .ordered)
        }
        guard listing.count == 1 else {
            let ids = listing.map(\.model.id).joined(separator: ", ")
            throw UltraError(
                .modelNotFound, "more than one provider has \(Self.shown(name))", hint: "name one of \(ids)",
                field: "model")
        }
        return Resolution(models: [first], strategy: .ordered)
    }

    /// Docker Model Runner, if it is enabled and `name` may be one of its models. Their names contain a slash too, for
    /// example `ai/smollm2`, and a request may name one before the runner has listed it.
    private func docker(for name: String) -> ProviderState? {
        guard let slash = name.firstIndex(of: "/"), slash > name.startIndex, name.last != "/",
            let docker = provider(ProviderKind.docker.id), docker.settings.isEnabled
        else { return nil }
        // The name of a known provider is not an organisation of Docker Hub.
        let prefix = name[..<slash]
        return ProviderKind.all.contains { $0.id == prefix } || prefix == Mock.provider ? nil : docker
    }

    private func resolve(tag: String) throws(UltraError) -> Resolution {
        let models = providers.flatMap { provider in provider.tagged(tag).map { (provider: provider, model: $0) } }
        guard !models.isEmpty else {
            let tags = Set(providers.flatMap(\.tags)).sorted()
            throw UltraError(
                .modelNotFound, "no model has the tag \(Self.shown(tag))",
                hint: tags.isEmpty ? "tags are set in the configuration" : "there are \(tags.joined(separator: ", "))",
                field: "model")
        }
        return Resolution(models: models, strategy: routing.strategy)
    }

    private var localModels: [(provider: ProviderState, model: ModelState)] {
        providers.filter { $0.isLocal && $0.isUpstream }.flatMap { provider in
            provider.models.filter { $0.kind != .other }.map { (provider: provider, model: $0) }
        }
    }

    private func incapable(_ model: ModelState, _ required: RequiredCapabilities) -> UltraError {
        let missing = required.missing(from: model.capabilities)
        return UltraError(
            .capabilityMissing, "\(model.id) has no \(missing.joined(separator: ", ")), and no fallback has",
            hint: "ultractl models --capability \(missing.first ?? "chat") lists what there is", model: model.id)
    }

    private func notFound(_ name: String) -> UltraError {
        let nearest = nameIndex.nearest(name)
        let hint =
            nearest.isEmpty
            ? "ultractl models lists what there is" : "did you mean \(nearest.joined(separator: ", "))?"
        return UltraError(
            .modelNotFound, "no model is called \(Self.shown(name))\(unreadLists)", hint: hint, field: "model")
    }

    /// A clause that names the lists of models not read yet, which may contain the name; empty if all were read.
    private var unreadLists: String {
        let unread = providers.filter { $0.canBeProbed && !$0.hasList }
        let parts = unread.compactMap { provider -> String? in
            guard let probe = provider.lastProbe else { return "the list of \(provider.id) is still being read" }
            return probe.error.map { "the list of \(provider.id) could not be read (\($0.code.rawValue))" }
        }
        return parts.isEmpty ? "" : "; but " + parts.joined(separator: ", ")
    }

    /// A client's name as an error shows it, cut to 80 characters.
    private static func shown(_ name: String) -> String {
        name.count > 80 ? "\(name.prefix(80))…" : name
    }
}
