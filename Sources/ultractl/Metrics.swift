import ArgumentParser

struct Metrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print everything the daemon counts, as Prometheus reads it.",
        discussion: """
            The text format of Prometheus, for a file of node_exporter's textfile collector, or to look at. --json \
            prints the daemon's answer, which has the text in a string.
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        do throws(Failure) {
            let answer = try global.ask("metrics")
            if global.json { return try answer.printJSON() }
            var text = AnswerText(.standardOutput)
            let isThere: Void? = try answer.withText("text") { (bytes) throws(Failure) in try text.write(bytes) }
            guard isThere != nil else { throw .unreadable("the daemon's answer has no text") }
            try text.end()
        } catch {
            if global.json { try error.printAnswer() }
            throw error
        }
    }
}
