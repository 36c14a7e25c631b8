import ArgumentParser
import UltraAPI

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Reload the daemon's configuration and print what changed.",
        discussion: """
            If the configuration has an error, nothing changes, every error is printed, and the exit status is 1. \
            Requests in flight continue with the settings they started with. For the daemon's administrators.
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        try global.printAnswer(to: "reload") { (reader, style) throws(JSONError) in
            ReloadText(report: try ReloadReport(&reader), style: style).render()
        }
    }
}
