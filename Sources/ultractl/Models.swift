import ArgumentParser
import UltraAPI

struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the models, their state, size and price.",
        discussion: """
            IN and OUT are US dollars for a million tokens, read and written; FIRST TOKEN is the median of late. An \
            asterisk marks the model that answers when none is named. Models that neither chat nor embed (speech, \
            images, moderation) are counted only. A narrow terminal gets fewer columns, and says which are missing.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Only those of one provider.", valueName: "id"), completion: .custom(KnownNames.providers))
    var provider: String?

    @Option(help: "Only those with a tag.")
    var tag: String?

    @Option(help: ArgumentHelp("Only those that can do something: tools, vision, …", valueName: "name"))
    var capability: String?

    @Flag(help: "Only those that can answer now.")
    var available = false

    @Flag(help: "Models that neither chat nor embed too.")
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
