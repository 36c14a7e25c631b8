import ArgumentParser
import Glibc

struct Chat: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talk with a model, line by line; it sees what was said before.",
        discussion: """
            /help lists the commands of the talk: /model, /system, /file, /clear, /save, /stats, /quit. A line that \
            ends in a backslash goes on in the next; Ctrl-C cancels the answer, Ctrl-D ends the talk.

            Standard output carries the answers alone. Without a terminal each line of standard input is a message, \
            and the first failure ends it. Lines are kept in $XDG_STATE_HOME/ultractl/history, for their owner alone, \
            but for those that begin with a blank.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(
        name: .shortAndLong, help: "A model, alias, route or tag:NAME; the daemon's default if left out.",
        completion: .custom(KnownNames.models))
    var model: String?

    @Option(name: .shortAndLong, help: "Instructions that come before the talk.")
    var system: String?

    @Option(help: ArgumentHelp("Longest answer, in tokens.", valueName: "n"))
    var maxTokens: Int?

    @Option(help: ArgumentHelp("How far to stray from the likeliest words; 0: not at all.", valueName: "t"))
    var temperature: Double?

    @Flag(help: "After each answer print tokens, times and cost on standard error.")
    var stats = false

    @Flag(help: "Keep no line, and offer none of before.")
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
