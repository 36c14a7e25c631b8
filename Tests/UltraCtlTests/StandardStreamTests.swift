import Foundation
import Testing

@testable import ultractl

/// Standard descriptors that are closed, full or endless.
@Suite(.timeLimit(.minutes(1)))
struct StandardStreamTests {
    /// Runs `ultractl` in a shell with redirections.
    private func run(_ arguments: String, _ redirection: String, socket: String = "/nowhere") throws -> Command {
        try Command.run(
            "/bin/sh", ["-c", "exec \"$0\" \(arguments) \(redirection)", Command.ultractl],
            environment: ["ULTRAD_SOCKET": socket])
    }

    @Test(
        "with standard output closed, no request is sent, an error is printed, and the exit status is 1",
        arguments: [
            "status", "models", "generate hello", "generate --no-stream hello", "--help", "help show", "--version",
        ])
    func closedOutput(_ arguments: String) throws {
        let daemon = try ScriptedDaemon([])
        let command = try run(arguments, ">&-", socket: daemon.path)
        #expect(command == Command(output: "", error: "error: standard output: Bad file descriptor\n", status: 1))
        daemon.stop()
        #expect(daemon.requests() == [])
    }

    @Test(
        "a failure to write the output is an error, and the exit status is 1",
        arguments: ["status", "generate hello", "completions bash", "--help", "help show", "--version"])
    func full(_ arguments: String) throws {
        let answer = #"{"id":ID,"event":"result","text":"x"}"#
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"delta","text":"x"}"#), .send(answer),
        ])
        defer { daemon.stop() }
        let command = try run(arguments, ">/dev/full", socket: daemon.path)
        #expect(command == Command(output: "", error: "error: standard output: No space left on device\n", status: 1))
    }

    @Test("a reader that closes early ends the command without a message", arguments: ["--help", "completions bash"])
    func reader(_ arguments: String) throws {
        let command = try Command.run(
            "/bin/bash", ["-c", "\"$0\" \(arguments) | exec true; echo ${PIPESTATUS[0]}", Command.ultractl])
        #expect(command == Command(output: "0\n", error: "", status: 0))
    }

    @Test("with standard input closed, the prompt is sent alone")
    func closedInput() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"delta","text":"hi"}"#), .send(GenerateTests.done),
        ])
        let command = try run("generate hello", "<&-", socket: daemon.path)
        #expect(command == Command(output: "hi", error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"stream","prompt":"hello"}"#])
    }

    @Test("with standard error closed, only the exit status tells of a failure")
    func closedError() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"error","error":{"code":"internal","message":"Oh."}}"#),
        ])
        let command = try run("generate hello", "2>&-", socket: daemon.path)
        #expect(command == Command(output: "", error: "", status: 1))
        // The message did not go to the daemon.
        #expect(daemon.requests() == [#"{"id":1,"op":"stream","prompt":"hello"}"#])
    }

    @Test(
        "--timeout covers standard input that never ends",
        arguments: ["generate hello", "generate -", "embed", "embed --lines", "chat"])
    func silentInput(_ arguments: String) throws {
        let folder = try TemporaryFolder()
        let pipe = folder.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let start = ContinuousClock.now
        // Opened for both directions, a pipe has a writer that never writes: this program itself.
        let command = try run("\(arguments) --timeout 0.3", "<>\(pipe)")
        #expect(
            command
                == Command(
                    output: "", error: "error: standard input did not end within 300 ms (--timeout)\n", status: 1))
        #expect(start.duration(to: .now) < .seconds(10))
    }

    @Test("statistics, and an error, begin on a line of their own where they are shown behind the answer")
    func notes() throws {
        func daemon(_ last: String) throws -> ScriptedDaemon {
            try ScriptedDaemon([.receive, .send(#"{"id":ID,"event":"delta","text":"half a line"}"#), .send(last)])
        }
        let statistics = try run("generate --stats x", "2>&1 | cat", socket: daemon(GenerateTests.done).path)
        #expect(statistics.output.hasPrefix("half a line\nopenai/gpt-4o, 12 tokens in"))
        let error = #"{"id":ID,"event":"error","error":{"code":"internal","message":"Oh."}}"#
        let failure = try run("generate x", "2>&1 | cat", socket: daemon(error).path)
        #expect(failure.output == "half a line\nerror: Oh.\n")
        // Where they go to different files, both are exact.
        let apart = try Command.ultractl("generate", "--stats", "x", socket: daemon(GenerateTests.done).path)
        #expect(apart.output == "half a line" && apart.error.hasPrefix("openai/gpt-4o"))
    }
}
