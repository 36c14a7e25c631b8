import ArgumentParser
import Glibc

struct Chat: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Chat with a model, which sees the whole conversation.",
        discussion: """
            /help lists the commands: /model, /system, /file, /clear, /save, /stats, /quit. A backslash at the end of a \
            line continues the message on the next line. Ctrl-C cancels the answer, Ctrl-D ends the chat.

            Standard output gets only the answers. Without a terminal, each line of standard input is a message, \
            --timeout limits the wait for each line and for each answer, and the first failure ends the chat. With a \
            terminal, lines are saved in $XDG_STATE_HOME/ultractl/history, which only its owner can read; a line that \
            begins with a space is not saved.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(
        name: .shortAndLong, help: "Model id, alias, route or tag:NAME (default: the daemon's default model).",
        completion: .custom(KnownNames.models))
    var model: String?

    @Option(name: .shortAndLong, help: "System prompt.")
    var system: String?

    @Option(help: ArgumentHelp("Maximum length of an answer in tokens.", valueName: "n"))
    var maxTokens: Int?

    @Option(help: ArgumentHelp("Sampling temperature (0 = deterministic).", valueName: "t"))
    var temperature: Double?

    @Flag(help: "Print tokens, times and cost on standard error after each answer.")
    var stats = false

    @Flag(help: "Do not read or write the history file.")
    var noHistory = false

    func validate() throws {
        try Generate.validate(maxTokens: maxTokens, temperature: temperature)
    }

    func run() throws {
        do throws(Failure) {
            let terminal = RawTerminal(
                .standardError, entering: LineEditor.entering, leaving: LineEditor.leaving)
            if let terminal { try runInteractively(terminal) } else { try runOnInput() }
        } catch {
            if global.json { try error.printAnswer() }
            throw error
        }
    }

    /// Reads messages from a terminal; a failure is printed, and the chat continues.
    private func runInteractively(_ terminal: borrowing RawTerminal) throws(Failure) {
        let interrupts = Interrupts(and: SIGWINCH)
        var session = ChatSession(self)
        var editor = LineEditor(.standardError, history: noHistory ? History() : HistoryFile()?.load() ?? History())
        try printGreeting()
        let socket = global.socket
        while let line = try editor.read(
            terminal, interrupts,
            complete: { ChatCommand.completions(of: $0) { KnownNames.models(socket: socket) } })
        {
            do throws(Failure) {
                guard try session.handle(line) else { return }
                try Output.standardError.write("\n")
            } catch {
                try report(error)
            }
        }
    }

    /// Prints the model that will answer.
    ///
    /// - Throws: `.noDaemon`, so that the chat fails before the first message.
    private func printGreeting() throws(Failure) {
        let style = Style(for: .standardError)
        let answer = try global.ask("models")
        let name =
            model ?? answer.string("default").map { "\($0), the default model" } ?? "no default model: /model NAME"
        try Output.standardError.write(style.dim(printable("\(name) · /help lists the commands, Ctrl-D ends")) + "\n")
    }

    /// Prints a failure after which the chat can continue.
    ///
    /// - Throws: `failure`, if standard output cannot be written.
    private func report(_ failure: Failure) throws(Failure) {
        switch failure {
        case .outputClosed, .outputFailed: throw failure
        case .interrupted:
            try Output.standardError.write(Style(for: .standardError).dim("(cancelled)") + "\n")
        case .usage(let message):
            try Output.standardError.write(Style(for: .standardError).yellow(printable(message)) + "\n")
        case .noDaemon, .notFound, .someFailed, .refused, .lost, .unreadable, .timedOut, .inputTimedOut:
            if global.json { try failure.printAnswer() }
            failure.report(to: .standardError)
        }
    }

    /// Reads messages from a pipe or file; the first failure ends the chat.
    private func runOnInput() throws(Failure) {
        var session = ChatSession(self)
        var lines = InputLines(timeLimit: global.timeLimit)
        while let line = try lines.next() {
            guard try session.handle(line) else { return }
        }
    }
}

/// A line of a chat: a message to the model, or a command to the program.
enum ChatCommand: Equatable {
    case message(String)
    case model(String?)
    case system(String?)
    case file(String)
    case save(String)
    case clear, stats, help, quit
    /// An unknown command, and the command with the nearest name.
    case unknown(String, nearest: String?)
    /// A command without its argument.
    case incomplete(String)

    /// The commands with their argument and the text of `/help`.
    static let all: [(name: String, argument: String, help: String)] = [
        ("/model", "[NAME]", "switch to another model, or show the current one"),
        ("/system", "[TEXT]", "set the system prompt, or show it; - removes it"),
        ("/file", "PATH", "attach a text or image file to the next message"),
        ("/clear", "", "forget the conversation"),
        ("/save", "PATH", "write the conversation to a new file, as the fields of a request"),
        ("/stats", "", "switch statistics after each answer on or off: tokens, times and cost"),
        ("/help", "", "list the commands"),
        ("/quit", "", "end the chat, as Ctrl-D does"),
    ]

    /// A line that begins with one slash is a command; one that begins with two is a message without the first.
    init(_ line: String) {
        guard line.hasPrefix("/"), !line.hasPrefix("//") else {
            self = .message(line.hasPrefix("//") ? String(line.dropFirst()) : line)
            return
        }
        let word = String(line.prefix { !$0.isWhitespace })
        let rest = line.dropFirst(word.count).drop(while: \.isWhitespace)
        let argument = rest.isEmpty ? nil : String(rest).trimmingTrailingBlanks()
        switch word {
        case "/model": self = .model(argument)
        case "/system": self = .system(argument)
        case "/file": self = argument.map(Self.file) ?? .incomplete(word)
        case "/save": self = argument.map(Self.save) ?? .incomplete(word)
        case "/clear": self = .clear
        case "/stats": self = .stats
        case "/help": self = .help
        case "/quit", "/exit": self = .quit
        default: self = .unknown(word, nearest: NearestWord.of(word, among: Self.all.map(\.name)))
        }
    }

    /// Returns the completions of a line that begins like this.
    ///
    /// - Parameter models: the names of the models; called only after `/model`.
    static func completions(of beginning: String, models: () -> [String]) -> [String] {
        guard beginning.hasPrefix("/"), !beginning.contains("\n") else { return [] }
        if beginning.hasPrefix("/model ") {
            return models().map { "/model \($0)" }.filter { $0.hasPrefix(beginning) }
        }
        return all.map { $0.argument.isEmpty ? $0.name : $0.name + " " }
            .filter { $0.hasPrefix(beginning) && $0 != beginning }
    }
}
