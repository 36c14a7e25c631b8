import Testing
import UltraAPI

@testable import UltraProviders

/// Known deviations in replies of the Messages API and of servers like it, one at a time.
struct AnthropicFixtureTests {
    /// 1994-11-06 08:49:37 UTC.
    private static let now = 784_111_777

    private func outcome(_ fixture: Fixture, isStream: Bool? = nil, cuts: [Int] = []) -> Outcome {
        Outcome(
            AnthropicAdapter.testing(), isStream: isStream ?? fixture.isStream, head: fixture.head,
            body: fixture.body[...], cuts: cuts, now: Self.now)
    }

    @Test("a reply means what is written beside it, wherever the reads fall", arguments: Fixture.all("anthropic"))
    func reply(fixture: Fixture) throws {
        let expected = try Expected(fixture.name, in: "Fixtures")
        let whole = outcome(fixture)
        expected.check(whole, fixture.name)
        #expect(outcome(fixture, cuts: Array(fixture.body.indices)) == whole, "byte by byte")
        for cut in fixture.body.indices {
            try #require(outcome(fixture, cuts: [cut]) == whole, "read up to byte \(cut)")
        }
    }

    @Test("an error says the same whatever was asked for", arguments: Fixture.all("anthropic"))
    func status(fixture: Fixture) throws {
        guard fixture.head.status != 200 else { return }
        #expect(outcome(fixture, isStream: !fixture.isStream) == outcome(fixture))
    }

    @Test("an answer that is sent back equals the model's, thinking byte for byte")
    func roundTrip() throws {
        let fixture = try #require(
            Fixture.all("anthropic").first { $0.name == "anthropic/thinking-and-calls.document" })
        var answer = Answer(model: "anthropic/m", provider: "anthropic")
        for event in outcome(fixture).events { answer.receive(event, keepsContent: true) }
        let parts = answer.reasoning.map { Part.reasoning(text: $0.text, signature: $0.signature) }
        let request = Request(messages: [
            Message(.user, [.text("a")]),
            Message(.assistant, parts + [.text(answer.text)], toolCalls: answer.toolCalls),
            Message(.tool, [.text("1")], toolCallID: "toolu_1"), Message(.tool, [.text("2")], toolCallID: "toolu_2"),
        ])
        let encoded = try AnthropicAdapter.testing().encode(request, model: "claude-opus-5", isStream: false)
        let body = String(decoding: encoded.http.body, as: UTF8.self)
        let blocks = [
            #"{"type":"thinking","thinking":"","signature":"s1"}"#,
            #"{"type":"redacted_thinking","data":"EmwK"}"#,
            #"{"type":"thinking","thinking":"Hm","signature":"s2"}"#, #"{"type":"text","text":"Both."}"#,
            #"{"type":"tool_use","id":"toolu_1","name":"f","input":{"x": [1, "é"]}}"#,
            #"{"type":"tool_use","id":"toolu_2","name":"g","input":{}}"#,
        ]
        #expect(body.contains(#"{"role":"assistant","content":[\#(blocks.joined(separator: ","))]}"#))
    }
}
