import Testing

@Suite(.timeLimit(.minutes(1)))
struct ProbeTests {
    static let answer =
        #"{"id":ID,"event":"result","results":[{"provider":"openai","model":null,"state":"available","#
        + #""evidence":{"reachable":{"ok":true},"authorised":{"ok":true}},"ms":312.4,"error":null},"#
        + #"{"provider":"mistral","model":null,"state":"unauthorized","evidence":{"authorised":{"ok":false}},"ms":88,"#
        + #""error":{"code":"authentication","message":"the key was refused","hint":"give another"}},"#
        + #"{"provider":"cohere","model":null,"state":"needs_key","evidence":{},"ms":null,"#
        + #""error":{"code":"authentication","message":"Cohere has no key","hint":"set COHERE_API_KEY"}}]}"#

    @Test("one line per provider with state, time, error and hint; exit 1 because one failed")
    func all() throws {
        let daemon = try ScriptedDaemon([.receive, .send(Self.answer)])
        let command = try Command.ultractl("probe", socket: daemon.path)
        let output = """
            ✓  openai   available     312 ms
            ✗  mistral  unauthorized   88 ms  the key was refused; give another
            –  cohere   needs_key             Cohere has no key; set COHERE_API_KEY

            """
        #expect(command == Command(output: output, error: "", status: 1))
        #expect(daemon.requests() == [#"{"id":1,"op":"probe"}"#])
    }

    struct Outcome: CustomTestStringConvertible {
        var target: String?
        var result: String
        var status: Int32
        var testDescription: String { result }
    }

    static let outcomes = [
        Outcome(result: #""state":"available","evidence":{"reachable":{"ok":true}}"#, status: 0),
        Outcome(result: #""state":"available","evidence":{"generated":{"ok":null}}"#, status: 0),
        Outcome(result: #""state":"rate_limited""#, status: 0),
        Outcome(result: #""state":"needs_key","error":{"message":"no key"}"#, status: 0),
        Outcome(target: "x", result: #""state":"needs_key","error":{"message":"no key"}"#, status: 1),
        Outcome(result: #""state":"unavailable""#, status: 1),
        Outcome(result: #""state":"available","error":{"message":"Oh."}"#, status: 1),
        Outcome(result: #""state":"available","evidence":{"generated":{"ok":false}}"#, status: 1),
    ]

    @Test("the exit status is 1 if a check failed, with --json too", arguments: outcomes, [false, true])
    func status(_ outcome: Outcome, _ isJSON: Bool) throws {
        let answer = #"{"id":1,"event":"result","results":[{"provider":"x",\#(outcome.result)}]}"#
        let daemon = try ScriptedDaemon([.receive, .send(answer)])
        let command = try Command.run(
            Command.ultractl,
            ["probe", "--socket", daemon.path] + (isJSON ? ["--json"] : []) + [outcome.target].compactMap(\.self))
        #expect(command.status == outcome.status)
        #expect(command.error == "")
        #expect(!isJSON || command.output == answer + "\n")
    }

    static let unknown =
        #"{"id":ID,"event":"error","error":{"code":"invalid_request","message":"No.","field":"provider"}}"#
    static let well = #"{"id":ID,"event":"result","results":[{"provider":"p","model":"p/m","state":"available"}]}"#

    @Test("an unknown provider name is sent as a model")
    func model() throws {
        let daemon = try ScriptedDaemon(connections: [[.receive, .send(Self.unknown)], [.receive, .send(Self.well)]])
        let command = try Command.ultractl("probe", "m", socket: daemon.path)
        #expect(command == Command(output: "✓  p/m  available\n", error: "", status: 0))
        #expect(
            daemon.requests() == [#"{"id":1,"op":"probe","provider":"m"}"#, #"{"id":1,"op":"probe","model":"m"}"#])
    }

    @Test("a name with a slash or colon is a model", arguments: ["p/m", "m:8b"])
    func deep(_ name: String) throws {
        let daemon = try ScriptedDaemon([.receive, .send(Self.well)])
        let command = try Command.ultractl("probe", name, "--deep", socket: daemon.path)
        #expect(command.status == 0)
        #expect(daemon.requests() == [#"{"id":1,"op":"probe","model":"\#(name)","deep":true}"#])
    }

    @Test("a deep probe of a provider probes its models")
    func deepProvider() throws {
        let daemon = try ScriptedDaemon([.receive, .send(Self.well)])
        let command = try Command.ultractl("probe", "p", "--deep", socket: daemon.path)
        #expect(command == Command(output: "✓  p/m  available\n", error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"probe","provider":"p","deep":true}"#])
    }

    @Test("a deep probe of an unknown provider name is sent as one of a model")
    func deepModel() throws {
        let daemon = try ScriptedDaemon(connections: [[.receive, .send(Self.unknown)], [.receive, .send(Self.well)]])
        let command = try Command.ultractl("probe", "m", "--deep", socket: daemon.path)
        #expect(command == Command(output: "✓  p/m  available\n", error: "", status: 0))
        #expect(
            daemon.requests() == [
                #"{"id":1,"op":"probe","provider":"m","deep":true}"#, #"{"id":1,"op":"probe","model":"m","deep":true}"#,
            ])
    }

    @Test("a name of neither provider nor model is an error; a deep probe without usable models says so")
    func nothing() throws {
        let unknownModel =
            #"{"id":ID,"event":"error","error":{"code":"model_not_found","message":"no model is called m","field":"model"}}"#
        let daemon = try ScriptedDaemon(connections: [
            [.receive, .send(Self.unknown)], [.receive, .send(unknownModel)],
        ])
        let command = try Command.ultractl("probe", "m", socket: daemon.path)
        #expect(
            command
                == Command(
                    output: "",
                    error: "error: there is no provider and no model m\nhint: see: ultractl status, ultractl models\n",
                    status: 1))
        let free = #"{"id":ID,"event":"result","results":[{"provider":"p","state":"available"}]}"#
        let shallow = try Command.ultractl(
            "probe", "--deep", "p", socket: ScriptedDaemon([.receive, .send(free)]).path)
        #expect(
            shallow.output
                == "✓  p  available  no model can answer: only the free check was made\n")
    }

    @Test("--deep without a model is wrong usage")
    func deepAll() throws {
        let command = try Command.ultractl("probe", "--deep", socket: "/nowhere")
        #expect(command.status == 2)
        #expect(command.error.hasPrefix("Error: --deep costs money: name a model or a provider.\n"))
    }
}
