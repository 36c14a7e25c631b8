import ArgumentParser
import UltraAPI

struct TestVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Test each provider: key, reachability, unary and streamed answers, tools and JSON.",
        discussion: """
            Asks one model of each provider: the default model, else the cheapest one that can answer; tools and JSON \
            only if the model claims them. This costs a few hundred tokens per provider. Each check may take 60 s \
            (--timeout) and 256 tokens, 1024 if the model reasons (--max-tokens). Exit status 1 if a check fails. --json \
            prints the daemon's answers.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Test only this provider.", valueName: "id"), completion: .custom(KnownNames.providers))
    var provider: String?

    @Option(
        name: .shortAndLong, help: "Test this model.", completion: .custom(KnownNames.models))
    var model: String?

    @Option(help: ArgumentHelp("Maximum length of each answer in tokens.", valueName: "n"))
    var maxTokens: Int?

    /// What is tried of a model; verify tries the rest.
    private static let checks: [Check] = [.generate, .stream, .tools, .json, .jsonSchema, .embeddings]

    private static func checks(of model: ModelReport) -> [Check] {
        Check.claimed(by: model).filter(checks.contains)
    }

    func validate() throws {
        try Generate.validate(maxTokens: maxTokens, temperature: nil)
        if provider != nil, model != nil { throw ValidationError("Give either --provider or --model.") }
    }

    func run() throws {
        var (status, list) = try look()
        let stale = status.providers.filter { TestPlan.wantsProbe($0) && $0.id == provider ?? $0.id }
        if model == nil, !stale.isEmpty {
            for provider in stale { _ = try Probe.ask(global, provider: provider.id) }
            (status, list) = try look()
        }
        let plan = try TestPlan(status: status, list: list, provider: provider, model: model)
        // A probe, and what its model claims.
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
                        mark: isFailure ? .failed : .leftOut, trouble: obstacle.trouble))
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

    private func look() throws(Failure) -> (StatusReport, ModelList) {
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
