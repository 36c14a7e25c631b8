import ArgumentParser

struct Call: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Speak the protocol raw: send one request, print every frame of its answer.",
        discussion: """
            JSON is the request without id and op, as the protocol has it; {} if left out. Each frame is printed \
            unchanged on a line of its own, the error that ends a request included.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The operation.", valueName: "op"))
    var op: String

    @Argument(help: ArgumentHelp("Its fields.", valueName: "json"))
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
