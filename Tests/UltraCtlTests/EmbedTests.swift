import Testing

@testable import ultractl

@Suite(.timeLimit(.minutes(1)))
struct EmbedTests {
    struct Invocation: CustomTestStringConvertible {
        var arguments: [String]
        var input = ""
        var request: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let invocations = [
        Invocation(arguments: ["a b", "c"], request: #""input":["a b","c"]"#),
        Invocation(arguments: [], input: "one\ntwo\n", request: #""input":["one\ntwo\n"]"#),
        Invocation(arguments: ["a", "-", "z"], input: "mid", request: #""input":["a","mid","z"]"#),
        Invocation(arguments: ["--lines"], input: "one\r\ntwo\n", request: #""input":["one","two"]"#),
        Invocation(arguments: ["--lines", "a"], input: "one\ntwo", request: #""input":["a","one","two"]"#),
        Invocation(
            arguments: ["-m", "openai/e", "--dimensions", "256", "--purpose", "query", "--timeout", "2", "--", "-x"],
            request: #""model":"openai/e","input":["-x"],"dimensions":256,"purpose":"query","timeout_ms":2000"#),
    ]

    @Test("builds the request from options, texts and standard input", arguments: invocations)
    func request(_ invocation: Invocation) throws {
        let daemon = try ScriptedDaemon([.receive, .send(#"{"id":ID,"event":"result","embeddings":[]}"#)])
        let command = try Command.run(
            Command.ultractl, ["embed", "--socket", daemon.path] + invocation.arguments, input: invocation.input)
        #expect(command == Command(output: "", error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"embed",\#(invocation.request)}"#])
    }

    @Test("a pipe gets the vectors as the daemon sent them, one line each")
    func vectors() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send("{\"id\":ID,\"event\":\"result\",\"embeddings\":[[1.50,\n-2e-3],[ 3 ]],\"dimensions\":2}"),
        ])
        let command = try Command.ultractl("embed", "a", "b", socket: daemon.path)
        #expect(command == Command(output: "[1.50, -2e-3]\n[ 3 ]\n", error: "", status: 0))
    }

    @Test(
        "input without text is wrong usage",
        arguments: [
            ([], "", "nothing to embed: give a text that is not empty, or pipe one in"),
            ([""], "", "nothing to embed: give a text that is not empty, or pipe one in"),
            (["--lines"], "one\n\ntwo\n", "line 2 of standard input is empty: each line must have text"),
        ])
    func nothing(_ arguments: [String], _ input: String, _ message: String) throws {
        let command = try Command.run(Command.ultractl, ["embed", "--socket", "/nowhere"] + arguments, input: input)
        #expect(
            command == Command(output: "", error: "error: \(message)\nhint: see: ultractl --help\n", status: 2))
    }

    @Test(
        "the cosine similarity of two vectors",
        arguments: [
            ([1, 0], [2, 0], 1), ([1, 0], [0, 3], 0), ([1, 1], [-1, -1], -1), ([0, 0], [1, 0], nil),
            ([1], [1, 0], nil),
        ] as [([Double], [Double], Double?)])
    func cosine(_ left: [Double], _ right: [Double], _ expected: Double?) {
        let cosine = EmbedReport.cosine(left, right)
        #expect((cosine == nil) == (expected == nil))
        #expect(abs((cosine ?? 0) - (expected ?? 0)) < 1e-12)
    }
}
