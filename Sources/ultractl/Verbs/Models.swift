import ArgumentParser
import UltraAPI

struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the models with their state, context window and price.",
        discussion: """
            CONTEXT: context window in tokens. IN and OUT: price of a million input and output tokens in US dollars. \
            FIRST TOKEN: recent median time to the first token. An asterisk marks the default model. Models for other \
            purposes than chat and embeddings (speech, images, moderation) are listed only with --all. A narrow terminal \
            shows fewer columns, and the last line names the hidden ones.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Only models of this provider.", valueName: "id"), completion: .custom(KnownNames.providers))
    var provider: String?

    @Option(help: "Only models with this tag.")
    var tag: String?

    @Option(help: ArgumentHelp("Only models with this capability, such as tools or vision.", valueName: "name"))
    var capability: String?

    @Flag(help: "Only models that can answer now.")
    var available = false

    @Flag(help: "Also list models for other purposes (speech, images, moderation).")
    var all = false

    func run() throws {
        try global.printAnswer(to: "models", fields) { (reader, style) throws(JSONError) in
            ModelTable(list: try ModelList(&reader), isComplete: all, style: style, now: .now).render()
        }
    }

    private var fields: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.fieldIfPresent("provider", provider)
        writer.fieldIfPresent("tag", tag)
        writer.fieldIfPresent("capability", capability)
        if available { writer.field("available", true) }
        writer.endObject()
        return writer.bytes
    }
}

/// Formats a list of models as a table, with notes on hidden rows and columns and a count by state.
struct ModelTable {
    let list: ModelList
    /// True to include models of the kind `other`, which neither chat nor embed.
    var isComplete = false
    let style: Style
    let now: Timestamp

    func render() -> String {
        let others = isComplete ? 0 : list.models.count { $0.kind == "other" }
        let models = list.models.filter { isComplete || $0.kind != "other" }
        guard !list.models.isEmpty else { return "No models.\n" }
        var text = ""
        var notes: [String] = []
        if !models.isEmpty {
            let table = table(of: models)
            text = table.render(style) + "\n"
            notes.append(Self.summary(of: models))
            let hidden = table.hiddenTitles(style)
            if !hidden.isEmpty {
                notes.append("hidden columns: \(hidden.joined(separator: ", ")) (ultractl show MODEL has them)")
            }
        }
        if others > 0 { notes.append("\(others) for other purposes not listed (--all lists them)") }
        return text + notes.flatMap { $0.wrapped(to: style.columns ?? .max) }.map { style.dim($0) + "\n" }.joined()
    }

    private func table(of models: [ModelReport]) -> Table {
        var table = Table([
            .init(title: "MODEL", minimum: 24), .init(title: "STATE"),
            .init(title: "CONTEXT", alignment: .right, rank: 2), .init(title: "IN", alignment: .right, rank: 1),
            .init(title: "OUT", alignment: .right, rank: 1), .init(title: "FIRST TOKEN", alignment: .right, rank: 4),
            .init(title: "CAPABILITIES", rank: 3, minimum: 16), .init(title: "ALIASES", rank: 5, minimum: 8),
            .init(title: "TAGS", rank: 6, minimum: 8),
        ])
        for model in models {
            let mark = (model.id == list.defaultModel ? " *" : "") + (model.isMock ? " (mock)" : "")
            let wait = model.retryAt?.wait(from: now).map { " \($0)" } ?? ""
            table.append([
                .init(model.id + mark),
                .init(model.state + wait) { style.state(model.state, as: $0) },
                .init(known: model.contextWindow.map(Quantity.count)),
                .init(known: model.price?.input.map(Quantity.money)),
                .init(known: model.price?.output.map(Quantity.money)),
                .init(model.latency.firstTokenP50.map { Quantity.duration(milliseconds: $0) } ?? ""),
                .init((model.capabilities ?? []).joined(separator: " "), paint: style.dim),
                .init(model.aliases.joined(separator: " ")),
                .init(model.tags.joined(separator: " ")),
            ])
        }
        return table
    }

    /// `23 models: 20 available, 3 needs_key`, the most frequent state first.
    static func summary(of models: [ModelReport]) -> String {
        let counts = Dictionary(grouping: models, by: \.state).mapValues(\.count)
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.value) \(oneLine($0.key))" }
        return "\(models.count) model\(models.count == 1 ? "" : "s"): \(counts.joined(separator: ", "))"
    }
}
