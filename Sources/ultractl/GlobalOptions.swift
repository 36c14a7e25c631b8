import ArgumentParser
import UltraAPI

/// The options every verb has.
struct GlobalOptions: ParsableArguments {
    /// How long the daemon may take to answer what it has at hand.
    static let quickAnswer: Duration = .seconds(10)

    @Flag(help: "Print the daemon's answer unchanged, as one line of JSON.")
    var json = false

    @Option(help: ArgumentHelp("Path of the daemon's Unix socket.", valueName: "path"), completion: .file())
    var socket: String?

    @Option(help: ArgumentHelp("Give up after this time, reading standard input included.", valueName: "seconds"))
    var timeout: Double?

    func validate() throws {
        // The upper bound is what fits the milliseconds of poll(2).
        if let timeout, !(timeout >= 0.001 && timeout <= 2_000_000) {
            throw ValidationError("--timeout must be between 0.001 and 2000000 seconds.")
        }
    }

    /// `--timeout`, or nothing.
    var timeLimit: Duration? { timeout.map { .milliseconds(Int($0 * 1000)) } }

    /// Asks `op`, which the daemon answers at once, for its result.
    func ask(_ op: String, _ fields: [UInt8] = Array("{}".utf8)) throws(Failure) -> Event {
        try ask(op, fields, on: connect())
    }

    /// The same on a connection that may serve for more.
    func ask(
        _ op: String, _ fields: [UInt8] = Array("{}".utf8), on connection: borrowing Connection
    ) throws(Failure) -> Event {
        try connection.exchange(op, fields: fields, timeLimit: timeLimit ?? Self.quickAnswer)
    }

    func connect() throws(Failure) -> Connection {
        try Connection(socket: socket, timeLimit: timeLimit ?? Self.quickAnswer)
    }

    /// Asks `op`, and prints the answer unchanged or as `render` makes it.
    func printAnswer(
        to op: String, _ fields: [UInt8] = Array("{}".utf8),
        render: (inout JSONReader, Style) throws(JSONError) -> String
    ) throws(Failure) {
        let answer: Event
        do throws(Failure) {
            answer = try ask(op, fields)
        } catch {
            if json { try error.printAnswer() }
            throw error
        }
        if json { return try answer.printJSON() }
        try Output.standardOutput.write(answer.render(render))
    }
}

/// The options every verb has may stand before the verb too: `ultractl --socket PATH status`.
enum LeadingOptions {
    private static let flags: Set = ["--json"]
    private static let options: Set = ["--socket", "--timeout"]

    /// The arguments with those options behind the verb, where the parser looks for them; what the user wrote behind
    /// the verb still comes later, and wins. Without a verb they mean nothing and are left out.
    static func behindVerb(_ arguments: [String]) -> [String] {
        var verb = 0
        while verb < arguments.count {
            let argument = arguments[verb]
            if flags.contains(argument) || options.contains(where: { argument.hasPrefix($0 + "=") }) {
                verb += 1
            } else if options.contains(argument) {
                verb += 2
            } else {
                break
            }
        }
        guard verb > 0 else { return arguments }
        guard verb < arguments.count else { return [] }
        // --help and --version stand alone.
        guard !arguments[verb].hasPrefix("-") else { return Array(arguments[verb...]) }
        return [arguments[verb]] + arguments[..<verb] + arguments[(verb + 1)...]
    }
}
