import Testing
import UltraAPI

@testable import UltraProviders

/// State that the adapter of a request keeps for its reply.
struct CohereServingTests {
    private func answer(_ change: (inout Request) -> Void) throws -> [AnswerEvent] {
        var request = Request(messages: [Message(.user, [.text("Hi")])])
        change(&request)
        let adapter = CohereAdapter.testing().serving(request, model: "m")
        let names = try adapter.encode(request, model: "m", isStream: false).toolNames
        let body = """
            {"message":{"tool_calls":[{"id":"a","function":{"name":"my_tool","arguments":"{}"}},\
            {"id":"b","function":{"name":"other","arguments":"{}"}}]},"finish_reason":"TOOL_CALL"}
            """
        let outcome = Outcome(
            adapter, isStream: false, head: HTTPHead(status: 200), body: Array(body.utf8)[...])
        #expect(outcome.error == nil)
        return outcome.events.map { event in
            var event = event
            if let names { event.restoreToolName(names) }
            return event
        }
    }

    private let other = AnswerEvent.toolCall(ToolCallDelta(index: 1, id: "b", name: "other", arguments: "{}"))

    @Test("a tool call has the name that the client gave the tool")
    func names() throws {
        let events = try answer { $0.tools = [Tool(name: "my-tool")] }
        let call = AnswerEvent.toolCall(ToolCallDelta(index: 0, id: "a", name: "my-tool", arguments: "{}"))
        #expect(events == [call, other, .finish(.toolCalls)])
    }

    @Test("a client that wants at most one call gets the first")
    func oneCall() throws {
        let events = try answer { $0.parallelToolCalls = false }
        let call = AnswerEvent.toolCall(ToolCallDelta(index: 0, id: "a", name: "my_tool", arguments: "{}"))
        #expect(events == [call, .finish(.toolCalls)])
    }

    @Test("a client that wants at most one call gets the first of a stream")
    func oneCallOfStream() {
        var request = Request(messages: [Message(.user, [.text("Hi")])])
        request.parallelToolCalls = false
        let body = """
            data: {"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"a","function":{"name":"f","arguments":""}}}}}

            data: {"type":"tool-call-start","index":1,"delta":{"message":{"tool_calls":{"id":"b","function":{"name":"g","arguments":""}}}}}

            data: {"type":"tool-call-delta","index":1,"delta":{"message":{"tool_calls":{"function":{"arguments":"{}"}}}}}

            data: {"type":"message-end","delta":{"finish_reason":"TOOL_CALL"}}


            """
        let outcome = Outcome(
            CohereAdapter.testing().serving(request, model: "m"), isStream: true, head: HTTPHead(status: 200),
            body: Array(body.utf8)[...])
        #expect(
            outcome.events == [
                .toolCall(ToolCallDelta(index: 0, id: "a", name: "f")),
                .toolCall(ToolCallDelta(index: 0, arguments: "{}")), .finish(.toolCalls),
            ])
    }

    @Test(
        "names keep letters, digits and underscores, and stay apart",
        arguments: [
            (["f"], ["f"]), (["a-b", "a.b", "a_b"], ["a_b_2", "a_b_3", "a_b"]), (["9x", "_9x"], ["_9x_2", "_9x"]),
            (["ä"], ["__"]), (["a-b", "a-b"], ["a_b", "a_b"]),
        ])
    func spelling(names: [String], sent: [String]) {
        let table = ToolNames(names, CohereAdapter.testing().constraints(of: "m").toolNames)
        #expect(names.map(table.sent) == sent)
        #expect(sent.map(table.original) == names)
    }
}
