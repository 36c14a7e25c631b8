import ArgumentParser
import UltraAPI

struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the models, their state, size and price.",
        discussion: """
            IN and OUT: price of a million input and output tokens in US dollars. FIRST TOKEN: recent median time to \
            the first token. An asterisk marks the default model. Models for other purposes than chat and embeddings \
            (speech, images, moderation) are listed only with --all. A narrow terminal shows fewer columns and names \
            those it leaves out.
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

    @Flag(help: "List models for other purposes (speech, images, moderation) too.")
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
