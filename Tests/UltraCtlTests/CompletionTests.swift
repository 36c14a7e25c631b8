import Foundation
import Testing
import UltraAPI

@testable import ultractl

@Suite(.timeLimit(.minutes(1)))
struct CompletionTests {
    @Test("prints a script that the shell accepts", arguments: ["bash", "zsh", "fish"])
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

    // MARK: - Names with a meaning to shells

    /// Names that a provider may list; a shell that executes one of them creates a file.
    private static func hostileNames(_ file: String) -> [String] {
        [
            "plain", "two words", "it's", #"say"x""#, "$HOME", "$(touch \(file))", "`touch \(file)`",
            "x;touch \(file)", "x&touch \(file)", "<(touch \(file))", #"\u0041"#, "8b:q4", "a b:c d", "!!", "*",
            "{a,b}",
            "#h", "é", #"end\"#, "x=y", "@file", "~", "-dash",
        ].enumerated().map { "p/\($0 + 10)\($1)" }
    }

    private static func path(_ shell: String) -> String? {
        ["/bin/", "/usr/bin/", "/usr/local/bin/"].map { $0 + shell }.first { access($0, X_OK) == 0 }
    }

    /// Loads the script, defines `show`, which writes its arguments to a file, and prints READY.
    private static func preparation(_ shell: String, script: String, words: String) -> String {
        switch shell {
        case "fish":
            "function show; printf '%s\\0' $argv >>\(words); echo 'SHO''WN'; end; source \(script); echo 'REA''DY'\r"
        case "zsh":
            "bindkey -e; autoload -U compinit; compinit -u -D; show() { printf '%s\\0' \"$@\" >>\(words); echo 'SHO''WN'; }; "
                + ". \(script); echo 'REA''DY'\r"
        default: "show() { printf '%s\\0' \"$@\" >>\(words); echo 'SHO''WN'; }; . \(script); echo 'REA''DY'\r"
        }
    }

    /// Types the beginning of each name in a real shell, presses Tab, and lets the shell print the words of the line.
    private static func completesHostileNames(_ shell: String, _ arguments: [String]) throws {
        let program = try #require(path(shell))
        let folder = try TemporaryFolder()
        let file = folder.path + "/run"
        let names = hostileNames(file)
        var writer = JSONWriter()
        writer.beginArray()
        // Names with control characters are not offered. Their letters are in no other name: fish completes any name
        // that contains the typed letters in order.
        for name in names + ["p/zqz0\u{1B}[2J", "p/zqz1\u{9B}2J", "p/zqz2\u{202E}x", "p/zqz3\nx", ""] {
            writer.beginObject()
            writer.field("id", name)
            writer.field("provider", "p")
            writer.endObject()
        }
        writer.endArray()
        let list = String(decoding: writer.bytes, as: UTF8.self)
        let openings = ["", "'", "\""]
        let lines =
            names.flatMap { name in openings.map { "\($0)\(name.prefix(4))" } } + ["p/218b:", "p/zqz0", "p/zqz3"]
        let expected =
            names.flatMap { Array(repeating: $0, count: openings.count) } + ["p/218b:q4", "p/zqz0", "p/zqz3"]
        let daemon = try ScriptedDaemon(
            connections: Array(
                repeating: [.receive, .send(#"{"id":ID,"event":"result","models":\#(list)}"#)], count: lines.count))
        defer { daemon.stop() }
        let script = try folder.write("script", try Command.run(Command.ultractl, ["completions", shell]).output.utf8)
        let session = try TerminalSession(
            arguments, socket: daemon.path, columns: 200,
            environment: [
                "PATH": "\(Command.products):/usr/bin:/bin", "HOME": folder.path, "TERM": "xterm", "PS1": "> ",
                "LANG": "C.UTF-8",
            ], program: program)
        session.type(preparation(shell, script: script, words: "\(folder.path)/words"))
        try #require(session.wait(for: "READY", times: 1), "\(session.transcript)")
        for (index, line) in lines.enumerated() {
            // Ctrl-A: the line becomes the words of `show`.
            session.type("ultractl generate -m \(line)\t\u{1}show \r")
            try #require(session.wait(for: "SHOWN", times: index + 1), "\(session.transcript.suffix(500))")
        }
        session.type("exit\r")
        #expect(session.exitStatus() == 0)
        #expect(access(file, F_OK) != 0, "a name was run")
        let words = try String(contentsOfFile: "\(folder.path)/words", encoding: .utf8).split(separator: "\0").map(
            String.init)
        #expect(words == expected.flatMap { ["ultractl", "generate", "-m", $0] })
    }

    @Test(
        "a name is data to bash, and the completed line means the name",
        .enabled(if: path("bash") != nil, "bash is not installed"))
    func hostileInBash() throws {
        try Self.completesHostileNames("bash", ["--norc", "--noprofile", "-i"])
    }

    @Test(
        "a name is data to zsh, and the completed line means the name",
        .enabled(if: path("zsh") != nil, "zsh is not installed"))
    func hostileInZsh() throws {
        try Self.completesHostileNames("zsh", ["-f", "-i"])
    }

    @Test(
        "a name is data to fish, and the completed line means the name",
        .enabled(if: path("fish") != nil, "fish is not installed"))
    func hostileInFish() throws {
        try Self.completesHostileNames("fish", ["--no-config", "-i"])
    }

    @Test("without a daemon, nothing is completed and nothing printed")
    func noDaemon() {
        #expect(KnownNames.models(["ultractl", "generate", "--socket", "/nowhere", "-m", ""], 5, "") == [])
        #expect(KnownNames.providers(["ultractl", "--socket=/nowhere"], 1, "") == [])
    }

    @Test(
        "an unknown verb is reported with the nearest verb",
        arguments: [
            ("statsu", "; did you mean status?"), ("genrate", "; did you mean generate?"),
            ("modles", "; did you mean models?"), ("tpo", "; did you mean top?"), ("ask", ""),
            ("gener", "; did you mean generate?"),
        ])
    func nearest(_ word: String, _ advice: String) throws {
        #expect(try Command.run(Command.ultractl, ["help", word]) == Command.run(Command.ultractl, [word]))
        let command = try Command.run(Command.ultractl, [word])
        #expect(
            command
                == Command(
                    output: "", error: "error: there is no verb \(word)\(advice)\nhint: see: ultractl --help\n",
                    status: 2))
    }
}
