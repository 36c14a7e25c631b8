import ArgumentParser
import UltraAPI
import libultra

struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Print changes of state and requests as they happen.",
        discussion: """
            Prints the current state, then a line for each event, until Ctrl-C (exit status 130) or the end of --timeout \
            (exit status 0). --json prints the frames unchanged.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Only events of this topic; repeatable.", valueName: "topic"))
    var topic: [FeedTopic] = []

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
            // The end of --timeout is the intended end, unless the daemon never began.
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

/// Formats events as lines: the time, the provider or model, what happened.
struct WatchText {
    let style: Style
    let now: Timestamp

    func line(_ subject: String, _ what: String) -> String {
        "\(style.dim(now.clock))  \(style.bold(oneLine(subject)))  \(what)\n"
    }

    /// Formats a snapshot: one line with the counts, then one for each provider that is not available.
    func line(_ snapshot: WatchSnapshot) -> String {
        let models = snapshot.data.models.filter { $0.kind != "other" }
        let providers = snapshot.data.providers
        let first = "\(providers.count) provider\(providers.count == 1 ? "" : "s"), \(ModelTable.summary(of: models))"
        return line("ultrad", first)
            + providers.filter { $0.state != Availability.available.rawValue }
            .map { line($0.id, style.state(oneLine($0.state))) }.joined()
    }

    func line(_ event: WatchEvent) -> String {
        switch event.content {
        case .health(let event): line(event.model ?? event.provider ?? "?", change(event))
        case .requests(let event): line(event.model ?? "?", request(event))
        case .registry, .other: line(event.topic, oneLine(event.data))
        }
    }

    private func change(_ event: HealthEvent) -> String {
        let states = [event.from, event.to].map { style.state(oneLine($0 ?? "?")) }.joined(separator: " → ")
        return states + (event.reason.map { "  \(style.dim(oneLine($0)))" } ?? "")
    }

    private func request(_ event: RequestEvent) -> String {
        let number = event.request.map { "request \($0)" } ?? "request"
        let uid = event.uid.map { "(uid \($0))" }
        func time(_ milliseconds: Double?) -> String? { milliseconds.map { Quantity.duration(milliseconds: $0) } }
        let what =
            switch event.phase {
            case .ended(let error?, let milliseconds):
                [number, style.red(oneLine(error)), time(milliseconds).map { "after \($0)" }, uid]
            case .ended(nil, let milliseconds):
                [number, style.green("done"), time(milliseconds).map { "in \($0)" }, uid]
            case .began: [number, "began", uid]
            case .other(let phase): [number, phase.map(oneLine), uid]
            }
        return what.compactMap(\.self).joined(separator: " ")
    }
}

extension FeedTopic: ExpressibleByArgument {}
