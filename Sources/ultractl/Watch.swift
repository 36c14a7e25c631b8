import ArgumentParser
import UltraAPI
import libultra

struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Show events as they happen: changes of state, requests.",
        discussion: """
            Prints the current state, then a line for each event, until Ctrl-C (exit status 130) or the end of --timeout \
            (exit status 0). --json prints the frames unchanged.
            """)

    /// What there is to watch; the raw values are the wire's words.
    enum Topic: String, ExpressibleByArgument, CaseIterable {
        case health, registry, requests
    }

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Only events of this topic; repeatable.", valueName: "topic"))
    var topic: [Topic] = []

    func run() throws {
        var writer = JSONWriter()
        writer.beginObject()
        if !topic.isEmpty {
            writer.key("topics")
            writer.beginArray()
            topic.forEach { writer.string($0.rawValue) }
            writer.endArray()
        }
        writer.endObject()
        var hasBegun = false
        do throws(Failure) {
            _ = try global.connect().exchange(
                "subscribe", fields: writer.bytes, timeLimit: global.timeLimit,
                onEvent: { (event) throws(Failure) in
                    hasBegun = hasBegun || event.kind == ULTRA_KIND_SNAPSHOT
                    try global.json ? event.printJSON() : print(event)
                })
        } catch {
            // So long was asked for, and so long it was.
            if case .timedOut = error, hasBegun { return }
            if global.json { try error.printAnswer() }
            throw error
        }
    }

    private func print(_ event: borrowing Event) throws(Failure) {
        let line: String?
        switch event.kind {
        case ULTRA_KIND_SNAPSHOT:
            line = try event.render { (reader, style) throws(JSONError) in
                WatchText(style: style, now: .now).line(try WatchSnapshot(&reader))
            }
        case ULTRA_KIND_EVENT:
            line = try event.render { (reader, style) throws(JSONError) in
                WatchText(style: style, now: .now).line(try WatchEvent(&reader))
            }
        case ULTRA_KIND_GOAWAY:
            let style = Style(for: .standardOutput)
            line = WatchText(style: style, now: .now).line("ultrad", style.yellow("is stopping"))
        default: line = nil
        }
        if let line { try Output.standardOutput.write(line) }
    }
}
