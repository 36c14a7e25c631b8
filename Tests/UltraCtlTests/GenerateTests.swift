import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct GenerateTests {
    static let done =
        #"{"id":ID,"event":"done","model":"openai/gpt-4o","usage":{"input_tokens":12,"output_tokens":5,"#
        + #""cached_input_tokens":3},"cost_usd":0.00008,"cache":"miss","timing_ms":{"first_token":312.4,"total":812.4}}"#

    @Test("standard output gets the pieces of the answer and nothing else")
    func stream() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"start","model":"openai/gpt-4o","provider":"openai"}"#),
            .send(#"{"id":ID,"event":"delta","reasoning":"hm"}"#),
            .send(#"{"id":ID,"event":"delta","text":"Grüß \ud83d\ude00"}"#),
            .send(#"{"id":ID,"event":"sparkle","text":"from a later protocol"}"#),
            .send(#"{"id":ID,"event":"delta","text":"\n\u001b[1m dich"}"#), .send(Self.done),
        ])
        let command = try Command.ultractl("generate", "say", "hello", socket: daemon.path)
        #expect(command == Command(output: "Grüß 😀\n\u{1B}[1m dich", error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"stream","prompt":"say hello"}"#])
    }

    struct Invocation: CustomTestStringConvertible {
        var arguments: [String]
        var input = ""
        var request: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let invocations = [
        Invocation(arguments: ["hello"], input: "piped\n", request: #""op":"generate","prompt":"hello\n\npiped\n""#),
        Invocation(arguments: [], input: "piped", request: #""op":"generate","prompt":"piped""#),
        Invocation(arguments: ["hello", "-"], input: "piped", request: #""op":"generate","prompt":"hello\n\npiped""#),
        Invocation(
            arguments: [
                "-m", "tag:fast", "-s", "be brief", "--max-tokens", "7", "--temperature", "0.5", "--", "--why",
            ],
            request: #""op":"generate","model":"tag:fast","system":"be brief","prompt":"--why","#
                + #""max_tokens":7,"temperature":0.5"#),
        Invocation(
            arguments: ["--timeout", "2.5", "hello"], request: #""op":"generate","prompt":"hello","timeout_ms":2500"#),
    ]

    @Test("builds the request from options, words and standard input", arguments: invocations)
    func request(_ invocation: Invocation) throws {
        let daemon = try ScriptedDaemon([.receive, .send(#"{"id":ID,"event":"result","text":"yes"}"#)])
        let command = try Command.run(
            Command.ultractl, ["generate", "--no-stream", "--socket", daemon.path] + invocation.arguments,
            input: invocation.input)
        #expect(command == Command(output: "yes", error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,\#(invocation.request)}"#])
    }

    @Test("appends text files between tags and sends images as parts")
    func attachments() throws {
        let folder = try TemporaryFolder()
        let text = try folder.write("notes.txt", "line".utf8)
        let image = try folder.write("pixel", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        let daemon = try ScriptedDaemon([.receive, .send(Self.done)])
        let command = try Command.ultractl("generate", "-f", text, "-f", image, "look", socket: daemon.path)
        #expect(command.status == 0)
        #expect(
            daemon.requests() == [
                #"{"id":1,"op":"stream","messages":[{"role":"user","content":[{"type":"text","#
                    + #""text":"look\n\n<file name=\"notes.txt\">\nline\n</file>"},"#
                    + #"{"type":"image","media_type":"image/png","data":"iVBORw0KGgo="}]}]}"#
            ])
    }

    @Test("sends a JSON Schema unchanged, named after its file")
    func schema() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("my answer.json", #" {"type": "object"} "#.utf8)
        let daemon = try ScriptedDaemon([.receive, .send(Self.done)])
        #expect(try Command.ultractl("generate", "--schema", file, "x", socket: daemon.path).status == 0)
        #expect(
            daemon.requests() == [
                #"{"id":1,"op":"stream","prompt":"x","response_format":"#
                    + #"{"name":"my_answer","schema":{"type": "object"},"strict":true}}"#
            ])
    }

    @Test("prints tokens, times and cost on standard error for --stats")
    func stats() throws {
        let daemon = try ScriptedDaemon([.receive, .send(Self.done)])
        let command = try Command.ultractl("generate", "--stats", "x", socket: daemon.path)
        let line =
            "openai/gpt-4o, 12 tokens in (3 cached), 5 out, first token 312 ms, total 812 ms, "
            + "10.0 tokens/s, $0.000080\n"
        #expect(command == Command(output: "", error: line, status: 0))
    }

    @Test("prints the daemon's answer unchanged for --json")
    func json() throws {
        let answer = #"{ "id":1,"event":"result","text":"a\nb","new":[1.50] }"#
        let daemon = try ScriptedDaemon([.receive, .send(answer)])
        let command = try Command.ultractl("generate", "--json", "x", socket: daemon.path)
        #expect(command == Command(output: answer + "\n", error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"generate","prompt":"x"}"#])
    }

    @Test("prints the text before an error, then the error, and exits 1")
    func failure() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"delta","text":"half an ans"}"#),
            .send(
                #"{"id":ID,"event":"error","error":{"code":"stream_truncated","message":"The stream \u001b[2Jended.","#
                    + #""hint":"Ask again."}}"#),
        ])
        let command = try Command.ultractl("generate", "x", socket: daemon.path)
        #expect(
            command
                == Command(
                    output: "half an ans", error: "error: The stream \u{FFFD}[2Jended.\nhint: Ask again.\n", status: 1))
    }

    @Test("prints the daemon's error on both outputs for --json")
    func jsonFailure() throws {
        let answer = #"{"id":1,"event":"error","error":{"code":"rate_limited","message":"Too many.","hint":null}}"#
        let daemon = try ScriptedDaemon([.receive, .send(answer)])
        let command = try Command.ultractl("generate", "--json", "x", socket: daemon.path)
        #expect(command == Command(output: answer + "\n", error: "error: Too many.\n", status: 1))
    }

    static let unusable: [([String], String)] = [
        ([], "error: the prompt is empty: give a prompt, or pipe text in\nhint: see: ultractl --help\n"),
        (["-f", "/nowhere", "x"], "error: /nowhere: No such file or directory\nhint: see: ultractl --help\n"),
        (
            ["-f", "/bin/true", "x"],
            "error: /bin/true: neither UTF-8 text nor a PNG, JPEG, GIF or WebP image\nhint: see: ultractl --help\n"
        ),
        (
            ["--schema", "/dev/null", "x"],
            "error: /dev/null: not a JSON object (at byte 0)\nhint: see: ultractl --help\n"
        ),
    ]

    @Test("exits 2 without a request if the prompt is empty or a file unusable", arguments: unusable)
    func usage(_ arguments: [String], _ error: String) throws {
        let command = try Command.run(Command.ultractl, ["generate", "--socket", "/nowhere"] + arguments)
        #expect(command == Command(output: "", error: error, status: 2))
    }

    @Test("exits 2 for a prompt that no frame holds, and says how long it is as JSON")
    func tooLong() throws {
        let daemon = try ScriptedDaemon([])
        let prompt = String(repeating: "\"\n", count: 4_500_000)
        let command = try Command.ultractl("generate", socket: daemon.path, input: prompt)
        let message = "error: as JSON the request is longer (17.2 MiB) than a frame may be (16 MiB)\n"
        #expect(command.error.hasPrefix(message))
        #expect(command.output == "")
        #expect(command.status == 2)
        #expect(daemon.requests() == [])
    }

    @Test(
        "exits 2 for invalid options",
        arguments: [
            ["--max-tokens", "0", "x"], ["--temperature", "nan", "x"], ["--temperature=-1", "x"],
            ["--timeout", "0", "x"],
            ["--bogus", "x"],
        ])
    func options(_ arguments: [String]) throws {
        let command = try Command.run(Command.ultractl, ["generate"] + arguments)
        #expect(command.output == "")
        #expect(command.error.hasPrefix("Error: "))
        #expect(command.status == 2)
    }
}
