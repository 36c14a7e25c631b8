import Foundation
import Testing

@testable import ultractl

@Suite(.timeLimit(.minutes(1)))
struct CompletionTests {
    @Test("prints a script that the shell takes", arguments: ["bash", "zsh", "fish"])
    func script(_ shell: String) throws {
        let command = try Command.run(Command.ultractl, ["completions", shell])
        #expect(command.error == "")
        #expect(command.status == 0)
        #expect(command.output.contains("generate"))
        let path = "/bin/\(shell)"
        guard access(path, X_OK) == 0 else { return }
        #expect(try Command.run(path, ["-n"], input: command.output) == Command(output: "", error: "", status: 0))
    }

    @Test("another shell is wrong usage")
    func unknown() throws {
        #expect(try Command.run(Command.ultractl, ["completions", "tcsh"]).status == 2)
    }

    @Test("bash completes verbs, options, and models by asking the daemon")
    func bash() throws {
        let models =
            #"{"id":ID,"event":"result","models":[{"id":"p/m","provider":"p","aliases":["big"]},"#
            + #"{"id":"p/whisper","provider":"p","kind":"other"}],"default":null}"#
        let daemon = try ScriptedDaemon([.receive, .send(models)])
        let folder = try TemporaryFolder()
        let script = try Command.run(Command.ultractl, ["completions", "bash"]).output
        try script.write(toFile: folder.path + "/script", atomically: false, encoding: .utf8)
        func complete(_ words: String...) throws -> [String] {
            let quoted = words.map { "'\($0)'" }.joined(separator: " ")
            let program = """
                PATH=\(Command.products):$PATH
                . \(folder.path)/script
                COMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count - 1); COMP_LINE="${COMP_WORDS[*]}"
                COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMP_KEY=9
                _ultractl ultractl '\(words.last ?? "")' '\(words.dropLast().last ?? "")'
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            let command = try Command.run(
                "/bin/bash", ["-c", program], environment: ["ULTRAD_SOCKET": daemon.path])
            return command.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        #expect(try complete("ultractl", "gen") == ["generate"])
        #expect(try complete("ultractl", "cache", "cl") == ["clear"])
        #expect(Set(try complete("ultractl", "generate", "-m", "")).isSuperset(of: ["big", "p/m"]))
        #expect(daemon.requests() == [#"{"id":1,"op":"models"}"#])
    }

    @Test("without a daemon nothing is completed, and nothing is said")
    func noDaemon() {
        #expect(KnownNames.models(["ultractl", "generate", "--socket", "/nowhere", "-m", ""], 5, "") == [])
        #expect(KnownNames.providers(["ultractl", "--socket=/nowhere"], 1, "") == [])
    }

    @Test(
        "an unknown verb is named, with the one that was meant",
        arguments: [
            ("statsu", "; did you mean status?"), ("genrate", "; did you mean generate?"),
            ("modles", "; did you mean models?"), ("tpo", "; did you mean top?"), ("ask", ""),
            ("gener", "; did you mean generate?"),
        ])
    func nearest(_ word: String, _ advice: String) throws {
        let command = try Command.run(Command.ultractl, [word])
        #expect(
            command
                == Command(
                    output: "", error: "error: there is no verb \(word)\(advice)\nhint: see: ultractl --help\n",
                    status: 2))
    }
}
