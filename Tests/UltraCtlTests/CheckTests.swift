import Testing
import UltraAPI

@testable import ultractl

/// The verbs test and verify.
@Suite(.timeLimit(.minutes(1)))
struct CheckTests {
    static func models(_ capabilities: String..., provider: String = "p", kind: String = "chat") -> String {
        let list = capabilities.map { "\"\($0)\"" }.joined(separator: ",")
        return #"{"id":ID,"event":"result","models":[{"id":"\#(provider)/m","provider":"\#(provider)","name":"m","#
            + #""kind":"\#(kind)","state":"available","capabilities":[\#(list)]}],"default":null}"#
    }

    struct Claim: CustomTestStringConvertible {
        var capability: String
        var answer: String
        /// The expected finding; nil: the model has the capability.
        var trouble: String?
        var testDescription: String { "\(capability): \(answer)" }
    }

    static let claims = [
        Claim(capability: "tools", answer: #""tool_calls":[{"name":"weather","arguments":"{\"city\":\"Paris\"}"}]"#),
        Claim(capability: "tools", answer: #""text":"It is sunny.""#, trouble: "the model did not call the tool"),
        Claim(
            capability: "tools", answer: #""tool_calls":[{"name":"weather","arguments":"{"}]"#,
            trouble: "the arguments of the tool call are not a JSON object"),
        Claim(capability: "json", answer: #""text":" {\"ready\":true}\n""#),
        Claim(capability: "json", answer: #""text":"```json\n{}```""#, trouble: "the answer is not a JSON object"),
        Claim(capability: "json", answer: #""text":"{} {}""#, trouble: "the answer is not a JSON object"),
        Claim(capability: "json_schema", answer: #""text":"{\"ready\":false}""#),
        Claim(
            capability: "json_schema", answer: #""text":"{\"ready\":1}""#,
            trouble: "the answer does not follow the schema"),
        Claim(
            capability: "json_schema", answer: #""text":"{}""#, trouble: "the answer does not follow the schema"),
        Claim(capability: "vision", answer: #""text":"Red.""#),
        Claim(
            capability: "vision", answer: #""text":"Blue.""#,
            trouble: "the model does not name the colour of a red square"),
        Claim(capability: "reasoning", answer: #""text":"9.9""#),
        Claim(capability: "reasoning", answer: #""text":"""#, trouble: "the answer is empty"),
    ]

    @Test("verify checks each claim of a model", arguments: claims)
    func claim(_ claim: Claim) throws {
        let daemon = try ScriptedDaemon(connections: [
            [.receive, .send(Self.models(claim.capability))],
            [.receive, .send(#"{"id":ID,"event":"result","text":"ready"}"#)],
            [.receive, .send(#"{"id":ID,"event":"result",\#(claim.answer)}"#)],
        ])
        let command = try Command.ultractl("verify", socket: daemon.path)
        let lines = command.output.split(separator: "\n")
        try #require(lines.count == 2)
        #expect(lines[0].hasPrefix("✓  p/m  generate     "))
        #expect(lines[1].hasPrefix("\(claim.trouble == nil ? "✓" : "✗")  p/m  \(claim.capability) "))
        #expect(claim.trouble.map { lines[1].hasSuffix("  " + $0) } ?? lines[1].hasSuffix(" ms"))
        #expect(command.error == "")
        #expect(command.status == (claim.trouble == nil ? 0 : 1))
    }

    @Test(
        "each request names the model, forbids fallback and cache, and is valid",
        arguments: Check.allCases)
    func request(_ check: Check) throws {
        let fields = String(decoding: check.fields(model: "p/m", timeoutMilliseconds: 5), as: UTF8.self)
        let bytes = Array(#"{"id":1,"op":"\#(check.op)",\#(fields.dropFirst())"#.utf8)
        #expect(fields.hasPrefix(#"{"model":"p/m","timeout_ms":5,"#))
        #expect(fields.contains(#""fallback":false,"cache":"off""#) == (check != .embeddings))
        let frame = try RequestFrame(bytes)
        if check == .embeddings {
            #expect(try EmbedRequest(frame).input == ["ready"])
        } else {
            #expect(try Request(frame).model == "p/m")
        }
    }

    @Test("test checks key, reachability and claims, and prints remedies for failures")
    func provider() throws {
        let status =
            #"{"id":ID,"event":"result","providers":[{"id":"p","state":"available","key":"set"},"#
            + #"{"id":"q","state":"needs_key","key":"missing","key_variables":["Q_KEY"]}]}"#
        let probe =
            #"{"id":ID,"event":"result","results":[{"provider":"p","model":"p/m","state":"available","ms":42.4,"#
            + #""evidence":{"reachable":{"ok":true},"authorised":{"ok":true},"listed":{"ok":null}},"error":null}]}"#
        let refusal =
            #"{"id":ID,"event":"error","error":{"code":"rate_limited","message":"Too many.","hint":"Wait."}}"#
        let daemon = try ScriptedDaemon(connections: [
            [.receive, .send(status), .receive, .send(Self.models("streaming", "tools", "vision"))],
            [.receive, .send(probe)],
            [.receive, .send(#"{"id":ID,"event":"result","text":"ready"}"#)],
            [
                .receive, .send(#"{"id":ID,"event":"delta","text":"ready"}"#), .send(#"{"id":ID,"event":"done"}"#),
            ],
            [.receive, .send(refusal)],
        ])
        let command = try Command.ultractl("test", socket: daemon.path)
        let output = command.output.replacing(/\d+\.\d ms|\d+ ms/) { _ in "N ms" }.replacing(/[ ]+N/) { _ in " N" }
        #expect(
            output.replacing(/ms +/) { _ in "ms  " } == """
                ✓  p/m  reachable N ms
                ✓  p/m  authorised
                ✓  p/m  generate N ms
                ✓  p/m  stream N ms
                ✗  p/m  tools N ms  Too many.; Wait.
                –  q    key                   set Q_KEY in the environment of ultrad, and restart it

                """)
        #expect(command.error == "")
        #expect(command.status == 1)
    }

    @Test("an unreachable model gets no requests")
    func unreachable() throws {
        let status = #"{"id":ID,"event":"result","providers":[{"id":"p","state":"available"}]}"#
        let probe =
            #"{"id":ID,"event":"result","results":[{"provider":"p","model":"p/m","state":"unavailable","ms":5.0,"#
            + #""evidence":{"reachable":{"ok":false},"authorised":{"ok":true}},"#
            + #""error":{"message":"refused","hint":"is it running?"}}]}"#
        let daemon = try ScriptedDaemon(connections: [
            [.receive, .send(status), .receive, .send(Self.models())], [.receive, .send(probe)],
        ])
        let command = try Command.ultractl("test", socket: daemon.path)
        #expect(
            command == Command(output: "✗  p/m  reachable    5.0 ms   refused; is it running?\n", error: "", status: 1))
    }

    @Test("a failing provider is probed again first")
    func stale() throws {
        func status(_ state: String) -> String {
            #"{"id":ID,"event":"result","providers":[{"id":"p","state":"\#(state)","last_error":"It was down."}]}"#
        }
        let none = #"{"id":ID,"event":"result","models":[]}"#
        let daemon = try ScriptedDaemon(connections: [
            [.receive, .send(status("unavailable")), .receive, .send(none)],
            [.receive, .send(#"{"id":ID,"event":"result","results":[]}"#)],
            [.receive, .send(status("available")), .receive, .send(none)],
        ])
        let command = try Command.ultractl("test", socket: daemon.path)
        #expect(
            command
                == Command(
                    output: "✗  p  models                no model of this provider can answer now\n", error: "",
                    status: 1))
        #expect(daemon.requests().dropFirst(2).first == #"{"id":1,"op":"probe","provider":"p"}"#)
    }

    @Test(
        "each check has limits of tokens and time, and its line says if it reached one",
        arguments: [
            ([], "streaming", 256, 60_000), ([], "reasoning", 1024, 60_000),
            (["--max-tokens", "32", "--timeout", "5"], "reasoning", 32, 5000),
        ] as [([String], String, Int, Int)])
    func bounds(_ options: [String], _ capability: String, _ tokens: Int, _ milliseconds: Int) throws {
        let daemon = try ScriptedDaemon(connections: [
            [.receive, .send(Self.models(capability))],
            [.receive, .send(#"{"id":ID,"event":"result","text":"ready, ready","finish_reason":"length"}"#)],
            [
                .receive,
                .send(#"{"id":ID,"event":"error","error":{"code":"timeout","message":"Late.","hint":"Wait."}}"#),
            ],
        ])
        let command = try Command.run(
            Command.ultractl, ["verify", "--socket", daemon.path] + options)
        let lines = command.output.split(separator: "\n")
        try #require(lines.count == 2)
        #expect(lines[0].hasPrefix("✓"))
        #expect(lines[0].hasSuffix("the answer was cut off at \(tokens) tokens (--max-tokens)"))
        #expect(lines[1].hasPrefix("✗") && lines[1].hasSuffix("Late.; --timeout extends the limit"))
        for request in daemon.requests().dropFirst() {
            #expect(request.contains(#""timeout_ms":\#(milliseconds),"max_tokens":\#(tokens),"#), "\(request)")
        }
        let help = try Command.run(Command.ultractl, ["verify", "--help"]).output
        #expect(help.contains("256") && help.contains("60 s"))
    }

    @Test("--json prints the daemon's answers, errors included")
    func json() throws {
        let daemon = try ScriptedDaemon(connections: [
            [.receive, .send(Self.models("json"))],
            [.receive, .send(#"{"id":ID,"event":"result","text":"ready"}"#)],
            [.receive, .send(#"{"id":ID,"event":"error","error":{"code":"timeout","message":"Late."}}"#)],
        ])
        let command = try Command.ultractl("verify", "--json", socket: daemon.path)
        let output = """
            {"id":1,"event":"result","text":"ready"}
            {"id":1,"event":"error","error":{"code":"timeout","message":"Late."}}

            """
        #expect(command == Command(output: output, error: "", status: 1))
    }

    @Test(
        "test chooses the default model of a provider, else the cheapest chat model, else an embedding model",
        arguments: [
            (#"{"id":"p/a","provider":"p","state":"available","price":{"output_usd_per_mtok":2}}"#, "p/a"),
            (#"{"id":"p/b","provider":"p","state":"available","price":{"output_usd_per_mtok":9}}"#, "p/z"),
            (#"{"id":"p/c","provider":"p","state":"unavailable","price":{"output_usd_per_mtok":1}}"#, "p/z"),
            (#"{"id":"p/default","provider":"p","state":"degraded"}"#, "p/default"),
            (
                #"{"id":"p/e","provider":"p","kind":"embeddings","state":"available","price":{"output_usd_per_mtok":0}}"#,
                "p/z"
            ),
        ])
    func choice(_ model: String, _ expected: String) throws {
        let list =
            #"{"models":[\#(model),{"id":"p/z","provider":"p","state":"available","#
            + #""price":{"output_usd_per_mtok":3}}],"default":"p/default"}"#
        let plan = try TestPlan(
            status: JSONReader.read(Array(#"{"providers":[{"id":"p","state":"available"}]}"#.utf8)) {
                (reader) throws(JSONError) in try StatusReport(&reader)
            },
            list: JSONReader.read(Array(list.utf8)) { (reader) throws(JSONError) in try ModelList(&reader) },
            provider: nil, model: nil)
        #expect(plan.steps.map { $0.model?.id } == [expected])
    }

    @Test("the claims of the mock are not checked")
    func mock() throws {
        let json = #"{"id":"mock/echo","provider":"mock","kind":"chat","capabilities":["streaming","tools","vision"]}"#
        let model = try JSONReader.read(Array(json.utf8)) { (reader) throws(JSONError) in try ModelReport(&reader) }
        #expect(Check.claimed(by: model) == [.generate, .stream])
    }
}
