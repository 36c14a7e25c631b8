import ArgumentParser
import UltraAPI

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the daemon, its providers and today's use.")

    @OptionGroup var global: GlobalOptions

    func run() throws {
        try global.printAnswer(to: "status") { (reader, style) throws(JSONError) in
            StatusText(report: try StatusReport(&reader), style: style).render()
        }
    }
}
