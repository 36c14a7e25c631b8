import ArgumentParser
import UltraAPI

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Have the daemon read its configuration again, and say what changed.",
        discussion: """
            All or nothing: a configuration with a mistake changes nothing, every mistake is printed, and the exit \
            status is 1. Requests that run go on as they began. For the daemon's administrators.
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        try global.printAnswer(to: "reload") { (reader, style) throws(JSONError) in
            ReloadText(report: try ReloadReport(&reader), style: style).render()
        }
    }
}
