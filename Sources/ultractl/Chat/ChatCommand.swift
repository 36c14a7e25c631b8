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
