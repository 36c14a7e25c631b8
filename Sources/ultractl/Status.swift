import ArgumentParser
import UltraAPI

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of the daemon, its providers, its connections and today's use.",
        discussion: """
            BUSY: requests in flight, and how many are allowed at once. PROBED: outcome of the last free check. NEXT: \
            time until the next one. A narrow terminal shows fewer columns; --json has everything.
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        try global.printAnswer(to: "status") { (reader, style) throws(JSONError) in
            StatusText(report: try StatusReport(&reader), style: style, now: .now).render()
        }
    }
}
