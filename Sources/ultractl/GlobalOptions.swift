import ArgumentParser
import UltraAPI

/// The options of every verb.
struct GlobalOptions: ParsableArguments {
    /// The default time limit of operations that the daemon answers without asking a provider.
    static let quickAnswer: Duration = .seconds(10)

    @Flag(help: "Print the daemon's answer unchanged, as one line of JSON.")
    var json = false

    @Option(help: ArgumentHelp("Path of the daemon's Unix socket.", valueName: "path"), completion: .file())
    var socket: String?

    @Option(help: ArgumentHelp("Time limit, including reading standard input.", valueName: "seconds"))
    var timeout: Double?

    func validate() throws {
        // poll(2) takes the milliseconds as an Int32.
        if let timeout, !(timeout >= 0.001 && timeout <= 2_000_000) {
            throw ValidationError("--timeout must be between 0.001 and 2000000 seconds.")
        }
    }

    /// The value of `--timeout`; `nil`: not given.
    var timeLimit: Duration? { timeout.map { .milliseconds(Int($0 * 1000)) } }

    /// Sends one request on a new connection and returns its `result`.
    ///
    /// Meant for operations that the daemon answers at once: the time limit is `quickAnswer` unless `--timeout` is given.
    func ask(_ op: String, _ fields: [UInt8] = Array("{}".utf8)) throws(Failure) -> Event {
        try ask(op, fields, on: connect())
    }

    /// Sends one request on `connection` and returns its `result`, with the same time limit.
    func ask(
        _ op: String, _ fields: [UInt8] = Array("{}".utf8), on connection: borrowing Connection
    ) throws(Failure) -> Event {
        try connection.exchange(op, fields: fields, timeLimit: timeLimit ?? Self.quickAnswer)
    }

    func connect() throws(Failure) -> Connection {
        try Connection(socket: socket, timeLimit: timeLimit ?? Self.quickAnswer)
    }

    /// Sends one request, and prints its `result`: unchanged with `--json`, else as `render` formats it.
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

/// Accepts the global options before the verb too: `ultractl --socket PATH status`.
enum LeadingOptions {
    private static let flags: Set = ["--json"]
    private static let options: Set = ["--socket", "--timeout"]

    /// Moves global options that precede the verb to behind it, where ArgumentParser expects them.
    ///
    /// Options that the user gave behind the verb stay after the moved ones, and win. Without a verb, the options are
    /// dropped.
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
        // --help and --version take the place of a verb, and accept no other option.
        guard !arguments[verb].hasPrefix("-") else { return Array(arguments[verb...]) }
        return [arguments[verb]] + arguments[..<verb] + arguments[(verb + 1)...]
    }
}
