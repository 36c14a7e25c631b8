internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// What a model name means, and who is asked in which order.
extension Registry {
    /// What a name stands for.
    private struct Meaning {
        var models: [(provider: ProviderState, model: ModelState)]
        var strategy: RoutingSettings.Strategy
    }

    /// The candidates for a request, who is asked first first; never empty.
    ///
    /// 1. What the name means: `tag:NAME`, `provider/model`, a route, an alias, a bare id that one provider has, or
    ///    else a model of Docker Model Runner by its own name, such as `ai/smollm2`.
    /// 2. In the order of its strategy; models that lack a needed capability fall out.
    /// 3. Then the fallback list: the request's own, or the configuration's.
    /// 4. Then, if so configured and no cloud provider is reachable, the local models.
    func candidates(
        for name: String?, needs: Needs, fallback: Fallback = .configured
    ) throws(UltraError) -> [Candidate] {
        guard let name = name ?? routing.defaultModel else {
            throw UltraError(
                .invalidRequest, "no model is named, and there is no default model",
                hint: "name one, such as openai/gpt-4o, or set DEFAULT_MODEL", field: "model")
        }
        var found = ordered(try meaning(of: name))
        switch fallback {
        case .none: break
        case .models(let names): for name in names { found += ordered(try meaning(of: name)) }
        case .configured:
            // A fallback that went away since the start is no reason to fail.
            for name in routing.fallback { found += (try? meaning(of: name)).map(ordered) ?? [] }
            if routing.usesLocalModelsWhenOffline, isOffline { found += localModels }
        }
        if found.count > 1 {
            var seen: Set<String> = []
            found = found.filter { seen.insert($0.model.id).inserted }
        }
        let able = found.filter { needs.areMet(by: $0.model.capabilities) }
        guard !able.isEmpty else { throw incapable(found[0].model, needs) }
        return able.map { candidate($0.provider, $0.model) }
    }

    /// Those a name stands for, without fallbacks: in the order they are asked, or by name where that order is drawn
    /// anew for each request.
    func namesakes(_ name: String?) throws(UltraError) -> [Candidate] {
        guard let name = name ?? routing.defaultModel else { return [] }
        let meaning = try meaning(of: name)
        let candidates = meaning.models.map { candidate($0.provider, $0.model) }
        return meaning.strategy == .ordered ? candidates : candidates.sorted { $0.id < $1.id }
    }

    private func ordered(_ meaning: Meaning) -> [(provider: ProviderState, model: ModelState)] {
        guard meaning.models.count > 1 else { return meaning.models }
        var random = SystemRandomNumberGenerator()
        let options = meaning.models.map { provider, model in
            CandidateOrder.Option(
                weight: model.settings.weight, latency: model.health.latency.mean,
                price: model.facts.price.map { $0.value.input + $0.value.output } ?? (provider.isLocal ? 0 : nil))
        }
        return CandidateOrder.order(options, meaning.strategy, using: &random).map { meaning.models[$0] }
    }

    private func meaning(of name: String) throws(UltraError) -> Meaning {
        if name.hasPrefix("tag:") { return try tagged(String(name.dropFirst(4))) }
        if let route = routing.routes[name] {
            var models: [(provider: ProviderState, model: ModelState)] = []
            for part in route.models { models += (try? meaning(ofPart: part))?.models ?? [] }
            guard !models.isEmpty else { throw notFound(name) }
            return Meaning(models: models, strategy: route.strategy)
        }
        return try meaning(ofPart: name)
    }

    /// Anything but a route and a tag.
    private func meaning(ofPart name: String) throws(UltraError) -> Meaning {
        if let slash = name.utf8.firstIndex(of: UInt8(ascii: "/")), let provider = provider(String(name[..<slash])) {
            guard let model = name.afterSlash(of: provider.id) else { throw notFound(name) }
            if !provider.isUpstream, provider.model(model) == nil { throw notFound(name) }
            // A provider's own alias may be the name the caller knows; the provider understands it as well.
            return Meaning(models: [(provider, provider.anyModel(model))], strategy: .ordered)
        }
        let aliased = providers.flatMap { provider in provider.aliased(name).map { (provider: provider, model: $0) } }
        if !aliased.isEmpty { return Meaning(models: aliased, strategy: routing.strategy) }
        let listing = providers.compactMap { provider in provider.model(name).map { (provider: provider, model: $0) } }
        guard let first = listing.first else {
            guard let docker = docker(for: name) else { throw notFound(name) }
            return Meaning(models: [(docker, docker.anyModel(name))], strategy: .ordered)
        }
        guard listing.count == 1 else {
            let ids = listing.map(\.model.id).joined(separator: ", ")
            throw UltraError(
                .modelNotFound, "more than one provider has \(Self.shown(name))", hint: "name one of \(ids)",
                field: "model")
        }
        return Meaning(models: [first], strategy: .ordered)
    }

    /// Docker Model Runner, if it is on and `name` can be one of its models: their names have a slash too, as
    /// `ai/smollm2`, and one may be asked for before the runner has listed it.
    private func docker(for name: String) -> ProviderState? {
        guard let slash = name.firstIndex(of: "/"), slash > name.startIndex, name.last != "/",
            let docker = provider(ProviderKind.docker.id), docker.settings.isEnabled
        else { return nil }
        // A provider that is not configured is none of Docker's organisations.
        let prefix = name[..<slash]
        return ProviderKind.all.contains { $0.id == prefix } || prefix == Mock.provider ? nil : docker
    }

    private func tagged(_ tag: String) throws(UltraError) -> Meaning {
        let models = providers.flatMap { provider in provider.tagged(tag).map { (provider: provider, model: $0) } }
        guard !models.isEmpty else {
            let tags = Set(providers.flatMap(\.tags)).sorted()
            throw UltraError(
                .modelNotFound, "no model has the tag \(Self.shown(tag))",
                hint: tags.isEmpty ? "tags are set in the configuration" : "there are \(tags.joined(separator: ", "))",
                field: "model")
        }
        return Meaning(models: models, strategy: routing.strategy)
    }

    private var localModels: [(provider: ProviderState, model: ModelState)] {
        providers.filter { $0.isLocal && $0.isUpstream }.flatMap { provider in
            provider.models.filter { $0.kind != .other }.map { (provider: provider, model: $0) }
        }
    }

    private func incapable(_ model: ModelState, _ needs: Needs) -> UltraError {
        let missing = needs.missing(from: model.capabilities)
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

    /// The lists that may have the name and could not be looked at; nothing if there is none.
    private var unreadLists: String {
        let unread = providers.filter { $0.canBeProbed && !$0.hasList }
        let parts = unread.compactMap { provider -> String? in
            guard let probe = provider.lastProbe else { return "the list of \(provider.id) is still being read" }
            return probe.error.map { "the list of \(provider.id) could not be read (\($0.code.rawValue))" }
        }
        return parts.isEmpty ? "" : "; but " + parts.joined(separator: ", ")
    }

    /// A name as an error shows it: it came from outside and may be long.
    private static func shown(_ name: String) -> String {
        name.count > 80 ? "\(name.prefix(80))…" : name
    }
}
