import ArgumentParser
import UltraAPI

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the daemon, its providers and what they lack, its connections and today's use.",
        discussion: """
            BUSY is requests in flight of those allowed at once; PROBED how the last free check went, NEXT when the \
            next one is due. A narrow terminal gets fewer columns; --json has all.
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        try global.printAnswer(to: "status") { (reader, style) throws(JSONError) in
            StatusText(report: try StatusReport(&reader), style: style, now: .now).render()
        }
    }
}
