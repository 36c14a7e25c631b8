import ArgumentParser
import UltraAPI

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify the capabilities that models claim: streaming, tools, JSON, images, reasoning, embeddings.",
        discussion: """
            Sends each model that can answer now one request per claimed capability, which costs tokens: narrow it with \
            --provider or --model. Each check may take 60 s (--timeout) and 256 tokens, 1024 if the model reasons \
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
