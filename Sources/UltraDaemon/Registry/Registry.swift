internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// The providers and the models they list; what a request's model name means.
@Loop
final class Registry {
    let providers: [ProviderState]
    let defaultModel: String?
    /// A model whose key is missing is answered by the mock.
    private let usesMock: Bool

    init(_ providers: [Provider], defaultModel: String?) {
        self.providers = providers.map { ProviderState($0) }
        self.defaultModel = defaultModel
        usesMock = providers.contains { $0.id == Mock.provider }
    }

    /// Who answers for `name`, or the default model for nil.
    ///
    /// 1. `provider/model`, whether it is listed or not: the provider knows best.
    /// 2. A bare id that exactly one provider lists.
    func candidate(for name: String?) throws(UltraError) -> Candidate {
        guard let name = name ?? defaultModel else {
            throw UltraError(
                .invalidRequest, "no model is named, and there is no default model",
                hint: "name one, such as openai/gpt-4o, or set DEFAULT_MODEL", field: "model")
        }
        if let slash = name.firstIndex(of: "/"), let provider = provider(String(name[..<slash])) {
            let model = String(name[name.index(after: slash)...])
            if case .mock = provider.provider.backend, !Mock.models.contains(model) { throw notFound(name) }
            guard !model.isEmpty else { throw notFound(name) }
            return candidate(provider, model)
        }
        let listing = providers.filter { $0.models.contains { $0.id == name || $0.aliases.contains(name) } }
        guard let provider = listing.first else { throw notFound(name) }
        guard listing.count == 1 else {
            let ids = listing.map { "\($0.id)/\(name)" }.joined(separator: ", ")
            throw UltraError(
                .modelNotFound, "more than one provider has \(Self.shown(name))", hint: "name one of \(ids)",
                field: "model")
        }
        return candidate(provider, name)
    }

    func provider(_ id: String) -> ProviderState? {
        providers.first { $0.id == id }
    }

    /// Each model's `provider/model`.
    var modelIDs: [String] {
        providers.flatMap { provider in provider.models.map { "\(provider.id)/\($0.id)" } }
    }

    private func candidate(_ provider: ProviderState, _ model: String) -> Candidate {
        let target: Candidate.Target
        switch provider.provider.backend {
        case .mock(let mock): target = .mock(mock)
        case .command: target = .upstream(provider)
        case .http(_, _): target = usesMock && provider.availability == .needsKey ? .mock(Mock()) : .upstream(provider)
        }
        return Candidate(id: "\(provider.id)/\(model)", provider: provider.id, name: model, target: target)
    }

    private func notFound(_ name: String) -> UltraError {
        let nearest = NearestNames.of(name, among: modelIDs)
        let hint =
            nearest.isEmpty
            ? "ultractl models lists what there is" : "did you mean \(nearest.joined(separator: ", "))?"
        return UltraError(.modelNotFound, "no model is called \(Self.shown(name))", hint: hint, field: "model")
    }

    /// A name as an error shows it: it came from outside and may be long.
    private static func shown(_ name: String) -> String {
        name.count > 80 ? "\(name.prefix(80))…" : name
    }
}
