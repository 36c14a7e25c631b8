import ArgumentParser

struct Metrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print the daemon's metrics in the text format of Prometheus.",
        discussion: """
            Suits the textfile collector of node_exporter. --json prints the daemon's answer, which holds the text in a \
            string.
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
