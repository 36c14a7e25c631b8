import ArgumentParser
import UltraAPI

struct Cache: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Show the counts of the answer cache, or clear it.",
        discussion: """
            status prints what the cache holds and saves; with --json, the daemon's answer to the operation status, \
            whose member cache has it. clear removes every stored answer, and is for the daemon's administrators.
            """)

    enum Action: String, ExpressibleByArgument, CaseIterable {
        case status, clear
    }

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("status or clear.", valueName: "action"))
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
