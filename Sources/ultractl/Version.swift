import ArgumentParser
import UltraAPI
import libultra

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the versions of ultractl and of the daemon, if it runs.",
        discussion: "--json prints the daemon's answer to the operation hello, and fails without a daemon.")

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let own = "ultractl \(String(cString: ultra_version()))\n"
        let hello = Array(#"{"protocol":\#(ULTRA_PROTOCOL),"client":"ultractl/\#(ULTRA_VERSION)"}"#.utf8)
        if global.json {
            return try global.printAnswer(to: "hello", hello) { (_, _) throws(JSONError) in "" }
        }
        try Output.standardOutput.write(own)
        do throws(Failure) {
            let answer = try global.ask("hello", hello)
            let server = answer.string("server") ?? "ultrad"
            let name = server.split(separator: "/", maxSplits: 1).joined(separator: " ")
            let speaks = answer.integer("protocol").map { " (protocol \($0))" } ?? ""
            try Output.standardOutput.write(printable(name + speaks) + "\n")
        } catch {
            guard case .noDaemon(let message, _) = error else { throw error }
            try Output.standardOutput.write(printable(message) + "\n")
        }
    }
}
