import ArgumentParser
import UltraAPI

struct TestVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Test each provider: key, reachability, unary and streamed answers, tools and JSON.",
        discussion: """
            Tests one model of each provider: the default model, else the cheapest one that can answer. Tools and JSON \
            are tested only if the model claims them. This costs a few hundred tokens per provider. Each check may take \
            60 s (--timeout) and 256 tokens, 1024 if the model reasons (--max-tokens). Exit status 1 if a check fails. \
            --json prints the daemon's answers.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Test only this provider.", valueName: "id"), completion: .custom(KnownNames.providers))
    var provider: String?

    @Option(
        name: .shortAndLong, help: "Test only this model.", completion: .custom(KnownNames.models))
    var model: String?

    @Option(help: ArgumentHelp("Maximum length of each answer in tokens.", valueName: "n"))
    var maxTokens: Int?

    /// The checks that `test` runs; `verify` runs all.
    private static let checks: [Check] = [.generate, .stream, .tools, .json, .jsonSchema, .embeddings]

    private static func checks(of model: ModelReport) -> [Check] {
        Check.claimed(by: model).filter(checks.contains)
    }

    func validate() throws {
        try Generate.validate(maxTokens: maxTokens, temperature: nil)
        if provider != nil, model != nil { throw ValidationError("Give either --provider or --model.") }
    }

    func run() throws {
        var (status, list) = try readState()
        let stale = status.providers.filter { TestPlan.wantsProbe($0) && $0.id == provider ?? $0.id }
        if model == nil, !stale.isEmpty {
            for provider in stale { _ = try Probe.ask(global, provider: provider.id) }
            (status, list) = try readState()
        }
        let plan = try TestPlan(status: status, list: list, provider: provider, model: model)
        // One probe, and the checks of the model.
        let counts = plan.steps.map { step in
            step.obstacle == nil ? step.model.map { 1 + Self.checks(of: $0).count } ?? 0 : 0
        }
        var checkup = Checkup(
            global, subjects: plan.steps.map { $0.model?.id ?? $0.provider.id }, total: counts.reduce(0, +),
            tokenLimit: maxTokens)
        for step in plan.steps {
            if let obstacle = step.obstacle {
                let isFailure = obstacle.isFailure || provider != nil || model != nil
                try checkup.report(
                    CheckLine(
                        subject: step.model?.id ?? step.provider.id, check: obstacle.check,
                        mark: isFailure ? .failed : .skipped, trouble: obstacle.trouble))
            } else if let model = step.model {
                let checks = Self.checks(of: model)
                if try checkup.probe(model.id) {
                    for check in checks { try checkup.run(check, of: model) }
                } else {
                    checkup.skip(checks.count)
                }
            }
        }
        if checkup.hasFailed { throw Failure.someFailed }
    }

    private func readState() throws(Failure) -> (StatusReport, ModelList) {
        let connection = try global.connect()
        let status = try global.ask("status", on: connection).read { (reader) throws(JSONError) in
            try StatusReport(&reader)
        }
        let list = try global.ask("models", on: connection).read { (reader) throws(JSONError) in
            try ModelList(&reader)
        }
        return (status, list)
    }
}

/// The plan of `test`: a model of each provider, or an obstacle to testing it.
struct TestPlan {
    struct Step {
        var provider: ProviderReport
        var model: ModelReport?
        var obstacle: Obstacle?
    }

    /// The reason for which a provider cannot be tested.
    struct Obstacle: Equatable {
        var check: String
        var trouble: String
        /// False if the provider is only not set up.
        var isFailure: Bool
    }

    private(set) var steps: [Step] = []

    /// - Parameters:
    ///   - provider: tests only this provider; `nil`: every provider.
    ///   - model: tests only this model, and ignores `provider`; `nil`: one model of each provider.
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
            throw .notFound(
                provider.map { "there is no provider \($0)" } ?? "the daemon has no providers",
                hint: "see: ultractl status")
        }
        for provider in providers {
            let choice = Self.choice(of: list.models.filter { $0.provider == provider.id }, list.defaultModel)
            let nothing = Obstacle(
                check: provider.evidence.first { $0.holds == false }?.name ?? "models",
                trouble: provider.advice ?? "no model of this provider can answer now", isFailure: true)
            steps.append(
                Step(
                    provider: provider, model: choice,
                    obstacle: Self.obstacle(provider) ?? (choice == nil ? nothing : nil)))
        }
    }

    /// True if the provider failed and may have recovered, so that a new probe is worthwhile.
    static func wantsProbe(_ provider: ProviderReport) -> Bool {
        !provider.isUsable && obstacle(provider) == nil
    }

    private static func obstacle(_ provider: ProviderReport) -> Obstacle? {
        switch Availability(rawValue: provider.state) {
        case .needsKey: Obstacle(check: "key", trouble: provider.advice ?? "the key is missing", isFailure: false)
        case .disabled: Obstacle(check: "enabled", trouble: "disabled in the configuration", isFailure: false)
        case .available, .degraded, .loading, .unauthorized, .unavailable, .unknown, .rateLimited, .quotaExceeded,
            nil:
            nil
        }
    }

    /// Chooses the default model, else the chat model with the cheapest output, else an embedding model.
    private static func choice(of models: [ModelReport], _ defaultModel: String?) -> ModelReport? {
        let usable = models.filter { $0.isUsable && $0.kind != "other" }
        func cost(_ model: ModelReport) -> Double { model.price?.output ?? .infinity }
        return usable.first { $0.id == defaultModel }
            ?? usable.filter { $0.kind != "embeddings" }.min { cost($0) < cost($1) } ?? usable.first
    }
}

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify the capabilities that models claim: streaming, tools, JSON, images, reasoning, embeddings.",
        discussion: """
            Sends one request per claimed capability to each model that can answer now. This costs tokens: --provider \
            or --model limits it. Each check may take 60 s (--timeout) and 256 tokens, 1024 if the model reasons \
            (--max-tokens). Exit status 1 if a claim is wrong. --json prints the daemon's answers.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Verify only models of this provider.", valueName: "id"),
        completion: .custom(KnownNames.providers))
    var provider: String?

    @Option(name: .shortAndLong, help: "Verify only this model.", completion: .custom(KnownNames.models))
    var model: String?

    @Option(help: ArgumentHelp("Maximum length of each answer in tokens.", valueName: "n"))
    var maxTokens: Int?

    func validate() throws {
        try Generate.validate(maxTokens: maxTokens, temperature: nil)
    }

    func run() throws {
        let list = try global.ask("models").read { (reader) throws(JSONError) in try ModelList(&reader) }
        var models = list.models.filter { $0.isUsable && $0.kind != "other" }
        if let model { models = [try list.only(model)] }
        if let provider { models.removeAll { $0.provider != provider } }
        guard !models.isEmpty else {
            throw Failure.notFound(
                "no model\(provider.map { " of \($0)" } ?? "") can answer now",
                hint: "see: ultractl status, ultractl models")
        }
        let total = models.reduce(0) { $0 + Check.claimed(by: $1).count }
        var checkup = Checkup(global, subjects: models.map(\.id), total: total, tokenLimit: maxTokens)
        for model in models {
            for check in Check.claimed(by: model) { try checkup.run(check, of: model) }
        }
        if checkup.hasFailed { throw Failure.someFailed }
    }
}
