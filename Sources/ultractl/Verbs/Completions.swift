import ArgumentParser
import UltraAPI

struct Completions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print a completion script for a shell.",
        discussion: """
            The script completes verbs, options, and the names of the daemon's models and providers. Install it with:

            bash: ultractl completions bash > ~/.local/share/bash-completion/completions/ultractl
            zsh: ultractl completions zsh > ~/.zfunc/_ultractl (any folder of $fpath)
            fish: ultractl completions fish > ~/.config/fish/completions/ultractl.fish

            --json prints the script as a string.
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        var shell: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("bash, zsh or fish.", valueName: "shell"))
    var shell: Shell

    func run() throws {
        let script = CompletionScript.text(for: shell.shell)
        guard global.json else { return try Output.standardOutput.write(script) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("shell", shell.rawValue)
        writer.field("script", script)
        writer.endObject()
        try Output.standardOutput.write(json: writer.bytes + [UInt8(ascii: "\n")])
    }
}

/// The names of the daemon's models and providers, for shell completion and for `chat`.
enum KnownNames {
    /// The longest wait for the daemon after a press of Tab.
    private static let timeLimit: Duration = .seconds(1)

    /// A function for `completion: .custom`, which gets the words of the command line.
    @Sendable static func models(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        models(socket: socket(words))
    }

    @Sendable static func providers(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        offered(list(socket: socket(words)).map(\.provider))
    }

    @Sendable static func providersAndModels(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        let models = list(socket: socket(words))
        return offered(models.map(\.provider)) + names(models)
    }

    /// Ids and aliases of the chat and embedding models; empty without a daemon.
    static func models(socket: String?) -> [String] { names(list(socket: socket)) }

    private static func names(_ models: [ModelReport]) -> [String] {
        offered(models.flatMap { [$0.id] + $0.aliases })
    }

    /// Removes duplicates and names with control characters, which a terminal would not show as they are.
    private static func offered(_ names: [String]) -> [String] {
        Set(names.filter { !$0.isEmpty && $0.printableLine.utf8.elementsEqual($0.utf8) }).sorted()
    }

    private static func list(socket: String?) -> [ModelReport] {
        do throws(Failure) {
            let connection = try Connection(socket: socket, timeLimit: timeLimit)
            let answer = try connection.exchange("models", fields: Array("{}".utf8), timeLimit: timeLimit)
            let list = try answer.read { (reader) throws(JSONError) in try ModelList(&reader) }
            return list.models.filter { $0.kind != "other" }
        } catch {
            // Completion has no way to report an error: ignoring.
            return []
        }
    }

    /// The value of `--socket` among `words`; bash splits `--socket=PATH` into three words.
    private static func socket(_ words: [String]) -> String? {
        let words = words.filter { $0 != "=" }
        for (word, next) in zip(words, words.dropFirst() + [""]) {
            if word == "--socket", !next.isEmpty { return next }
            if word.hasPrefix("--socket="), word != "--socket=" { return String(word.dropFirst("--socket=".count)) }
        }
        return nil
    }
}
