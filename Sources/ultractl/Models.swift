import ArgumentParser
import UltraAPI

struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the models, their state, size and price.",
        discussion: """
            Prices are US dollars for a million tokens, read and written. An asterisk marks the model that answers \
            when none is named.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Only those of one provider.", valueName: "id"))
    var provider: String?

    @Option(help: "Only those with a tag.")
    var tag: String?

    @Option(help: ArgumentHelp("Only those that can do something: tools, vision, …", valueName: "name"))
    var capability: String?

    @Flag(help: "Only those that can answer now.")
    var available = false

    func run() throws {
        try global.printAnswer(to: "models", fields) { (reader, style) throws(JSONError) in
            render(try ModelList(&reader), style)
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

    private func render(_ list: ModelList, _ style: Style) -> String {
        guard !list.models.isEmpty else { return "No models.\n" }
        var table = Table([
            .init(title: "MODEL"), .init(title: "STATE"), .init(title: "CONTEXT", alignment: .right),
            .init(title: "IN", alignment: .right), .init(title: "OUT", alignment: .right), .init(title: "ALIASES"),
            .init(title: "TAGS"), .init(title: "CAPABILITIES"),
        ])
        for model in list.models {
            let mark = (model.id == list.defaultModel ? " *" : "") + (model.isMock ? " (mock)" : "")
            table.append([
                .init(model.id + mark),
                .init(model.state, paint: style.state),
                .init(known: model.contextWindow.map(Quantity.count)),
                .init(known: model.inputPriceUSD.map(Quantity.money)),
                .init(known: model.outputPriceUSD.map(Quantity.money)),
                .init(model.aliases.joined(separator: " ")),
                .init(model.tags.joined(separator: " ")),
                .init(model.capabilities.joined(separator: " "), paint: style.dim),
            ])
        }
        return table.render(style)
    }
}
