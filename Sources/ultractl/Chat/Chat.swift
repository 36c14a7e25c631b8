import ArgumentParser
import Glibc

struct Chat: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Chat with a model; it sees the whole conversation.",
        discussion: """
            /help lists the commands: /model, /system, /file, /clear, /save, /stats, /quit. A backslash at the end of a \
            line continues the message on the next line. Ctrl-C cancels the answer, Ctrl-D ends the chat.

            Standard output gets the answers and nothing else. Without a terminal each line of standard input is a \
            message, --timeout limits the wait for each line and for each answer, and the first failure ends the chat. \
            With a terminal, lines are saved in $XDG_STATE_HOME/ultractl/history, readable by their owner only; a line \
            that begins with a space is not saved.
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
            if let terminal { try talk(terminal) } else { try listen() }
        } catch {
            if global.json { try error.printAnswer() }
            throw error
        }
    }

    /// With somebody at a terminal, who learns what went wrong and goes on.
    private func talk(_ terminal: borrowing RawTerminal) throws(Failure) {
        let interrupts = Interrupts(and: SIGWINCH)
        var session = ChatSession(self)
        var editor = LineEditor(.standardError, history: noHistory ? History() : HistoryFile()?.load() ?? History())
        try greet()
        let socket = global.socket
        while let line = try editor.read(
            terminal, interrupts,
            complete: { ChatCommand.completions(of: $0) { KnownNames.models(socket: socket) } })
        {
            do throws(Failure) {
                guard try session.take(line) else { return }
                try Output.standardError.write("\n")
            } catch {
                try forgive(error)
            }
        }
    }

    /// Says who will answer, and fails at once if there is no daemon.
    private func greet() throws(Failure) {
        let style = Style(for: .standardError)
        let answer = try global.ask("models")
        let name = model ?? answer.string("default").map { "\($0), the default model" } ?? "no model yet: /model NAME"
        try Output.standardError.write(style.dim(printable("\(name) · /help explains, Ctrl-D ends")) + "\n")
    }

    private func forgive(_ failure: Failure) throws(Failure) {
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

    /// With a program, or a file.
    private func listen() throws(Failure) {
        var session = ChatSession(self)
        var lines = InputLines(timeLimit: global.timeLimit)
        while let line = try lines.next() {
            guard try session.take(line) else { return }
        }
    }
}

/// What a line of a chat says: something to the model, or a command to the program.
enum ChatCommand: Equatable {
    case say(String)
    case model(String?)
    case system(String?)
    case file(String)
    case save(String)
    case clear, stats, help, quit
    /// The word, and the command that may have been meant.
    case unknown(String, nearest: String?)
    /// A command that needs a word more.
    case incomplete(String)

    /// The commands, what they take, and what they do.
    static let all: [(name: String, argument: String, does: String)] = [
        ("/model", "[NAME]", "ask another model from here on, or say which it is"),
        ("/system", "[TEXT]", "set the instructions that come before the talk, or say what they are; - drops them"),
        ("/file", "PATH", "send a text or an image with the next message"),
        ("/clear", "", "forget what was said"),
        ("/save", "PATH", "write what was said to a file, as the request it would be"),
        ("/stats", "", "print tokens, times and cost after each answer, or stop it"),
        ("/help", "", "explain"),
        ("/quit", "", "end; so does Ctrl-D"),
    ]

    /// A line whose first word begins with a slash is a command, unless it begins with two.
    init(_ line: String) {
        guard line.hasPrefix("/"), !line.hasPrefix("//") else {
            self = .say(line.hasPrefix("//") ? String(line.dropFirst()) : line)
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

    /// The lines that `beginning` may become.
    ///
    /// - Parameter models: asked for only where a model's name is due.
    static func completions(of beginning: String, models: () -> [String]) -> [String] {
        guard beginning.hasPrefix("/"), !beginning.contains("\n") else { return [] }
        if beginning.hasPrefix("/model ") {
            return models().map { "/model \($0)" }.filter { $0.hasPrefix(beginning) }
        }
        return all.map { $0.argument.isEmpty ? $0.name : $0.name + " " }
            .filter { $0.hasPrefix(beginning) && $0 != beginning }
    }
}
