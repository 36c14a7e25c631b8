import Foundation
import Testing

/// The commands of README.md and of the manual pages, run as written against a daemon that has only its mock.
@Suite(.timeLimit(.minutes(3)))
struct ReadmeTests {
    private static func text(_ path: String) -> String {
        (try? String(contentsOfFile: "\(Command.root)/\(path)", encoding: .utf8)) ?? ""
    }

    /// The commands of `ultractl` below "First five minutes" that need no key, without their comments.
    private static let firstCommands: [String] = {
        let section = text("README.md").split(separator: "\n## First five minutes\n").last ?? ""
        return section.prefix(upTo: section.firstRange(of: "\nWith a key ")?.lowerBound ?? section.endIndex)
            .split(separator: "\n").filter { $0.hasPrefix("    ") && $0.contains("ultractl ") }
            .map { String($0.dropFirst(4).prefix(upTo: $0.firstRange(of: "  #")?.lowerBound ?? $0.endIndex)) }
    }()

    /// The examples of ultractl(1), without the markup of quotes and hyphens.
    private static let manualCommands: [String] = {
        let section = text("etc/man/ultractl.1").split(separator: "\n.Sh EXAMPLES\n").last ?? ""
        return section.split(separator: "\n").filter { $0.hasPrefix(".Dl ") }.map {
            String($0.dropFirst(4)).replacing(#"\(dq"#, with: "\"").replacing(#"\(aq"#, with: "'").replacing(
                #"\-"#, with: "-")
        }
    }()

    /// Runs a line of a shell in a new repository with an image and a schema, and commands that do not end by
    /// themselves for a second.
    private static func run(_ line: String) throws -> Command {
        let daemon = try MockDaemon(["DEFAULT_MODEL": "mock/echo"])
        try daemon.waitUntilReady()
        let folder = try TemporaryFolder()
        let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
        _ = try folder.write("photo.jpg", Data(base64Encoded: png) ?? Data())
        _ = try folder.write("facts.json", Data(#"{"type":"object"}"#.utf8))
        let endings = ["ultractl watch": " --timeout 1", "ultractl top": " --json --timeout 1"]
        let setUp =
            "set -o pipefail; cd '\(folder.path)' && git init -q && mkdir -p .local/share/bash-completion/completions"
        return try Command.run(
            "/bin/bash", ["-c", "\(setUp) && \(line)\(endings[line.trimmingCharacters(in: .whitespaces)] ?? "")"],
            environment: [
                "PATH": "\(Command.products):/usr/bin:/bin", "HOME": folder.path, "ULTRAD_SOCKET": daemon.path,
            ])
    }

    @Test("each command of the first five minutes succeeds", arguments: firstCommands)
    func readme(line: String) throws {
        let command = try Self.run(line)
        #expect(command.status == 0, "\(command)")
    }

    @Test("each example of ultractl(1) succeeds", arguments: manualCommands)
    func manual(line: String) throws {
        let command = try Self.run(line)
        #expect(command.status == 0, "\(command)")
    }

    @Test("README and ultractl(1) have examples")
    func isNotEmpty() {
        #expect(Self.firstCommands.count >= 10 && Self.manualCommands.count >= 5)
    }

    @Test(
        "the Python programs of README and ultra-protocol(7) print the answer",
        .enabled(if: access("/usr/bin/python3", X_OK) == 0, "needs python3"))
    func python() throws {
        let daemon = try MockDaemon()
        try daemon.waitUntilReady()
        let readme = try #require(
            Self.text("README.md").firstMatch(of: /```python\n((?s).*?)```/)
        ).output.1
        let manual = try #require(
            Self.text("etc/man/ultra-protocol.7").firstMatch(
                of: /One answer, in Python:\n\.Bd -literal -offset indent\n((?s).*?)\.Ed/)
        ).output.1
        for program in [readme, manual] {
            let command = try Command.run(
                "/usr/bin/python3", ["-c", String(program)], environment: ["ULTRAD_SOCKET": daemon.path])
            #expect(command == Command(output: "hello\n", error: "", status: 0))
        }
    }
}
