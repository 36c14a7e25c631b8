import ArgumentParser
import UltraAPI
import libultra

struct Call: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Send one raw request of the protocol and print every frame of its answer.",
        discussion: """
            JSON is the request without id and op (see ultra-protocol(7)). Each frame is printed on a line of its own, \
            errors included: unchanged to a file or pipe, and with control characters escaped to a terminal.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("Name of the operation.", valueName: "op"))
    var op: String

    @Argument(help: ArgumentHelp("Fields of the request as a JSON object.", valueName: "json"))
    var fields = "{}"

    func run() throws {
        do throws(Failure) {
            let connection = try Connection(socket: global.socket, timeLimit: global.timeLimit)
            let last = try connection.exchange(
                op, fields: Array(fields.utf8), timeLimit: global.timeLimit,
                onEvent: { (event) throws(Failure) in try event.printJSON() })
            try last.printJSON()
        } catch {
            try error.printAnswer()
            throw error
        }
    }
}

struct Metrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print the daemon's metrics in the text format of Prometheus.",
        discussion: """
            Suits the textfile collector of node_exporter. --json prints the daemon's answer, whose member text holds \
            the metrics.
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        do throws(Failure) {
            let answer = try global.ask("metrics")
            if global.json { return try answer.printJSON() }
            let report = try answer.read { (reader) throws(JSONError) in try MetricsReport(&reader) }
            guard let metrics = report.text else { throw .unreadable("the daemon's answer has no field text") }
            var text = AnswerText(.standardOutput)
            try text.write(metrics)
            try text.end()
        } catch {
            if global.json { try error.printAnswer() }
            throw error
        }
    }
}

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version of ultractl, and that of the daemon if it runs.",
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
            let report = try answer.read { (reader) throws(JSONError) in try HelloReport(&reader) }
            let server = report.server ?? "ultrad"
            let name = server.split(separator: "/", maxSplits: 1).joined(separator: " ")
            let speaks = report.protocolVersion.map { " (protocol \($0))" } ?? ""
            try Output.standardOutput.write(printable(name + speaks) + "\n")
        } catch {
            guard case .noDaemon(let message, _) = error else { throw error }
            try Output.standardOutput.write(printable(message) + "\n")
        }
    }
}
