import ArgumentParser
import UltraAPI

struct Completions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print a completion script for a shell.",
        discussion: """
            The script completes verbs, options, and the names of the daemon's models and providers.

            bash: ultractl completions bash > ~/.local/share/bash-completion/completions/ultractl
            zsh: ultractl completions zsh > a folder of $fpath, as _ultractl
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
