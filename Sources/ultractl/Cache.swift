import ArgumentParser
import UltraAPI

struct Cache: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Show what the answer cache holds and saves, or empty it.",
        discussion: """
            status prints the counts; --json prints the daemon's answer to status, whose cache member has them. clear \
            drops every kept answer, and is for the daemon's administrators.
            """)

    enum Action: String, ExpressibleByArgument, CaseIterable {
        case status, clear
    }

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("What to do.", valueName: "action"))
    var action = Action.status

    func run() throws {
        switch action {
        case .status:
            try global.printAnswer(to: "status") { (reader, style) throws(JSONError) in
                CacheText(report: try StatusReport(&reader), style: style).render()
            }
        case .clear: try clear()
        }
    }

    private func clear() throws(Failure) {
        do throws(Failure) {
            let answer = try global.ask("cache_clear")
            if global.json { return try answer.printJSON() }
            let count = answer.integer("entries").map { "\(Quantity.count($0)) answer\($0 == 1 ? "" : "s")" }
            let bytes = answer.integer("bytes").map { ", \(Quantity.bytes($0))" } ?? ""
            try Output.standardOutput.write("dropped \(count ?? "all answers")\(bytes)\n")
        } catch {
            if global.json { try error.printAnswer() }
            throw error
        }
    }
}
