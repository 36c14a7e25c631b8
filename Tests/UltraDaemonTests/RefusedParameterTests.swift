import Foundation
import ScriptedProvider
import Testing

/// If a server refuses a parameter, the request is repeated without it in the same attempt, and later requests leave it
/// out.
@Suite("Refused parameters")
struct RefusedParameterTests {
    private static let path = RelayTests.path
    private static let good = Script.events([RelayTests.chunk("a"), RelayTests.finish])

    private static func refusal(_ parameter: String, _ message: String = "Extra inputs are not permitted") -> Script {
        .json(
            #"{"detail":[{"type":"extra_forbidden","loc":["body","\#(parameter)"],"msg":"\#(message)"}]}"#, status: 422)
    }

    private static func generations(_ provider: ScriptedProvider) -> [String] {
        provider.requests.filter { $0.path == path }.map(\.bodyText)
    }

    @Test("a member that the daemon added is left out, in one attempt, and not sent again")
    func ours() throws {
        let provider = try ScriptedProvider()
        provider.answer(Self.path, inOrder: [Self.refusal("stream_options"), Self.good])
        let client = try DaemonProcess(openai: provider).client()
        for _ in 0..<2 {
            let last = try client.ask(#"{"id":1,"op":"stream",\#(RelayTests.request)"#)
            #expect(last.event == "done")
            #expect((last["attempts"] as? [Any])?.count ?? 1 == 1)
            #expect((last["warnings"] as? [Any])?.isEmpty ?? true)
        }
        #expect(Self.generations(provider).map { $0.contains("stream_options") } == [true, false, false])
    }

    @Test("a member that the client asked for is left out with a warning, each time")
    func wishes() throws {
        let provider = try ScriptedProvider()
        let message = "Unsupported value: 'temperature' does not support 0.2 with this model."
        let refusal = Script.json(
            #"{"error":{"message":"\#(message)","param":"temperature","code":"unsupported_value"}}"#, status: 400)
        provider.answer(Self.path, inOrder: [refusal, .json(RelayTests.answer)])
        let client = try DaemonProcess(openai: provider).client()
        for _ in 0..<2 {
            let result = try client.ask(#"{"id":1,"op":"generate","temperature":0.2,\#(RelayTests.request)"#)
            #expect(result.text == "hello there")
            #expect(
                result["warnings"] as? [String] == ["openai/gpt-4o does not take temperature: it was left out"])
        }
        #expect(Self.generations(provider).map { $0.contains("temperature") } == [true, false, false])
    }

    @Test("one limit of tokens replaces the other")
    func tokenLimit() throws {
        let provider = try ScriptedProvider()
        let refusal = Script.json(
            #"{"error":"unknown field \"max_completion_tokens\""}"#, status: 400)
        provider.answer(Self.path, inOrder: [refusal, .json(RelayTests.answer)])
        let client = try DaemonProcess(openai: provider).client()
        let result = try client.ask(#"{"id":1,"op":"generate","max_tokens":7,\#(RelayTests.request)"#)
        #expect(result.event == "result")
        #expect((result["warnings"] as? [Any])?.isEmpty ?? true)
        #expect(Self.generations(provider).last?.contains(#""max_tokens":7"#) == true)
    }

    @Test("a server that names several is asked without each")
    func several() throws {
        let provider = try ScriptedProvider()
        provider.answer(
            Self.path, inOrder: [Self.refusal("stream_options"), Self.refusal("seed"), Self.refusal("stop"), Self.good])
        let client = try DaemonProcess(openai: provider).client()
        let last = try client.ask(#"{"id":1,"op":"stream","seed":1,"stop":"x",\#(RelayTests.request)"#)
        #expect(last.event == "done")
        #expect((last["warnings"] as? [String])?.count == 2)
        #expect(Self.generations(provider).count == 4)
    }

    @Test("a refusal that leaving it out does not mend is the answer, and nothing is learnt of it")
    func stubborn() throws {
        let provider = try ScriptedProvider()
        provider.answer(Self.path, with: Self.refusal("stream_options"))
        let client = try DaemonProcess(openai: provider).client()
        for turn in 1...2 {
            let last = try client.ask(#"{"id":1,"op":"stream",\#(RelayTests.request)"#)
            #expect(last.code == "bad_request")
            #expect(Self.generations(provider).count == 2 * turn)
        }
        #expect(Self.generations(provider).map { $0.contains("stream_options") } == [true, false, true, false])
    }

    @Test(
        "essential members, and members that were not sent, are not left out",
        arguments: ["messages", "model", "seed", "colour"])
    func others(parameter: String) throws {
        let provider = try ScriptedProvider()
        provider.answer(Self.path, with: Self.refusal(parameter))
        let client = try DaemonProcess(openai: provider).client()
        #expect(try client.ask(#"{"id":1,"op":"stream",\#(RelayTests.request)"#).code == "bad_request")
        #expect(Self.generations(provider).count == 1)
    }

    @Test("the configuration says it in advance")
    func configured() throws {
        let provider = try ScriptedProvider()
        provider.answer(Self.path, with: Self.good)
        let daemon = try DaemonProcess(
            openai: provider, file: "[providers.openai]\nomit = [\"stream_options\", \"temperature\"]\n")
        let last = try daemon.client().ask(#"{"id":1,"op":"stream","temperature":1.5,\#(RelayTests.request)"#)
        #expect(last["warnings"] as? [String] == ["openai/gpt-4o does not take temperature: it was left out"])
        let body = try #require(Self.generations(provider).first)
        #expect(!body.contains("stream_options") && !body.contains("temperature"))
    }

    @Test("a tool is called by the client's name for it, unary and streamed")
    func toolNames() throws {
        let provider = try ScriptedProvider()
        let call = #"{"index":0,"id":"c1","type":"function","function":{"name":"files_read","arguments":"{}"}}"#
        let stream = Script.events([
            #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[\#(call)]},"finish_reason":null}]}"#,
            #"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
        ])
        let unary = Script.json(
            #"{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[\#(call)]},"finish_reason":"tool_calls"}]}"#
        )
        provider.answer(Self.path, inOrder: [stream, unary])
        let client = try DaemonProcess(openai: provider).client()
        let fields = #""tools":[{"name":"files.read"}],"tool_choice":{"name":"files.read"},\#(RelayTests.request)"#
        client.send(#"{"id":1,"op":"stream",\#(fields)"#)
        let frames = try client.frames()
        #expect(frames.contains { "\($0.object)".contains("files.read") })
        #expect(!frames.contains { "\($0.object)".contains("files_read") })
        let result = try client.ask(#"{"id":1,"op":"generate",\#(fields)"#)
        let calls = result["tool_calls"] as? [[String: Any]]
        #expect(calls?.map { $0["name"] as? String } == ["files.read"])
        #expect(Self.generations(provider).allSatisfy { !$0.contains("files.read") })
    }

    @Test("the client's options cannot set model, stream and content")
    func ownedMembers() throws {
        let provider = try ScriptedProvider()
        let client = try DaemonProcess(openai: provider).client()
        for member in ["model", "messages", "stream_options", "max_tokens"] {
            let last = try client.ask(
                #"{"id":1,"op":"generate","provider_options":{"openai":{"\#(member)":"x"}},\#(RelayTests.request)"#)
            #expect(last.code == "invalid_request")
            #expect(last.field == "provider_options.openai.\(member)")
        }
        #expect(Self.generations(provider).isEmpty)
    }
}
