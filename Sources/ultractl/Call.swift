import ArgumentParser

struct Call: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Send one raw request of the protocol and print every frame of its answer.",
        discussion: """
            JSON is the request without id and op (see ultra-protocol(7)). Each frame is printed on a line of its own, \
            an error too: unchanged in a file or pipe, and with control characters escaped on a terminal.
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
