internal import UltraProviders
internal import UltraSystem

/// Who may answer a request.
struct Candidate {
    enum Target {
        case mock(Mock)
        case upstream
    }

    let provider: ProviderState
    let model: ModelState
    let target: Target

    /// How it is asked.
    enum Means {
        case mock(Mock)
        case command(DockerCommand)
        case http
    }

    @Loop
    var means: Means {
        if case .mock(let mock) = target { return .mock(mock) }
        if case .command(let command) = provider.provider.backend { return .command(command) }
        return .http
    }

    /// What a client should know of the choice: a code and a sentence each.
    @Loop
    var warnings: [String] {
        guard case .upstream = target, provider.lacks(model) else { return [] }
        return ["not_listed: \(provider.id) does not list \(name)"]
    }

    /// How it is to be asked: what was learnt, and what the configuration and the list of models say.
    @Loop
    var wireFacts: WireFacts {
        var facts = provider.learntFacts(of: model.name)
        facts.returnReasoning = model.settings.returnReasoning
        facts.contextWindow = model.facts.contextWindow?.value
        facts.window = provider.settings.window
        if !provider.settings.omit.isEmpty { facts.omitted.formUnion(provider.settings.omit) }
        return facts
    }

    /// `provider/model`.
    var id: String { model.id }
    /// The model as the provider calls it.
    var name: String { model.name }
}
