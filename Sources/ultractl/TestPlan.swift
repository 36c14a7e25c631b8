/// What `test` tries: a model of each provider, or the reason why there is none.
struct TestPlan {
    struct Step {
        var provider: ProviderReport
        var model: ModelReport?
        var obstacle: Obstacle?
    }

    /// Why a provider cannot be tried.
    struct Obstacle: Equatable {
        var check: String
        var trouble: String
        /// Something is wrong, rather than not set up.
        var isFailure: Bool
    }

    private(set) var steps: [Step] = []

    /// - Throws: `.notFound` for a provider or model that does not exist.
    init(status: StatusReport, list: ModelList, provider: String?, model: String?) throws(Failure) {
        if let model {
            let report = try list.only(model)
            let provider = status.providers.first { $0.id == report.provider } ?? ProviderReport(id: report.provider)
            steps = [Step(provider: provider, model: report, obstacle: Self.obstacle(provider))]
            return
        }
        let providers = status.providers.filter { provider == nil || $0.id == provider }
        guard !providers.isEmpty else {
            throw .notFound("there is no such provider: \(provider ?? "none at all")", hint: "see: ultractl status")
        }
        for provider in providers {
            let choice = Self.choice(of: list.models.filter { $0.provider == provider.id }, list.defaultModel)
            let nothing = Obstacle(
                check: provider.evidence.first { $0.holds == false }?.name ?? "models",
                trouble: provider.advice ?? "it has no model that can answer now", isFailure: true)
            steps.append(
                Step(
                    provider: provider, model: choice,
                    obstacle: Self.obstacle(provider) ?? (choice == nil ? nothing : nil)))
        }
    }

    /// Whether a look from now would tell more than the last one: something was wrong, and may not be any more.
    static func wantsProbe(_ provider: ProviderReport) -> Bool {
        !provider.isWell && obstacle(provider) == nil
    }

    private static func obstacle(_ provider: ProviderReport) -> Obstacle? {
        switch provider.state {
        case "needs_key": Obstacle(check: "key", trouble: provider.advice ?? "it has no key", isFailure: false)
        case "disabled": Obstacle(check: "enabled", trouble: "it is switched off", isFailure: false)
        default: nil
        }
    }

    /// The default model, else the cheapest one that chats, else one that embeds.
    private static func choice(of models: [ModelReport], _ defaultModel: String?) -> ModelReport? {
        let usable = models.filter { $0.isUsable && $0.kind != "other" }
        func cost(_ model: ModelReport) -> Double { model.price?.output ?? .infinity }
        return usable.first { $0.id == defaultModel }
            ?? usable.filter { $0.kind != "embeddings" }.min { cost($0) < cost($1) } ?? usable.first
    }
}
