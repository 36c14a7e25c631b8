import ArgumentParser
import UltraAPI

struct TestVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Try each provider: key, reachability, an answer at once and streamed, tools and JSON where claimed.",
        discussion: """
            One model of each provider is asked: the default one, else the cheapest that can answer. That costs a \
            few hundred tokens each. A line for each check; exit status 1 if one failed. --json prints the daemon's \
            answers.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Only this provider.", valueName: "id"), completion: .custom(KnownNames.providers))
    var provider: String?

    @Option(
        name: .shortAndLong, help: "This model and no other.", completion: .custom(KnownNames.models))
    var model: String?

    @Option(help: ArgumentHelp("Longest answer to each check, in tokens (256; 1024 from models that reason).", valueName: "n"))
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
