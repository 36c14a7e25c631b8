import Testing
import UltraAPI

@testable import UltraProviders

/// Replies of Chat Completions written by hand, for forms that the recordings do not have.
struct ChatReplyTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        var isStream = true
        var head = HTTPHead(status: 200)
        let body: String
        var events: [AnswerEvent] = []
        var error: UltraError?

        var testDescription: String { rule }
    }

    private static func chunk(_ delta: String, finish: String? = nil) -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return #"data: {"choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(reason)}]}"# + "\n\n"
    }

    /// `error` with its message marked as the provider's own words.
    private static func quoted(_ error: UltraError) -> UltraError {
        var error = error
        error.isQuoted = true
        return error
    }

    private static let hi = chunk(#"{"content":"Hi"}"#)
    private static let stop = chunk("{}", finish: "stop")
    private static let done = "data: [DONE]\n\n"

    static let streams = [
        Case(rule: "an ordinary stream", body: hi + stop + done, events: [.text("Hi"), .finish(.stop)]),
        Case(
            rule: "the end marker may be missing after the finish", body: hi + stop,
            events: [.text("Hi"), .finish(.stop)]),
        Case(
            rule: "usage counts wherever it stands, also after the finish",
            body: hi + stop + #"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"# + "\n\n"
                + done,
            events: [
                .text("Hi"), .usage(Usage(inputTokens: 3, outputTokens: 2, source: .measured)), .finish(.stop),
            ]),
        Case(
            rule: "of several alternatives the first is the answer",
            body: #"data: {"choices":[{"delta":{"content":"B"},"index":1},{"delta":{"content":"A"},"index":0}]}"#
                + "\n\n"
                + #"data: {"choices":[{"index":1,"delta":{},"finish_reason":"length"}]}"# + "\n\n" + stop + done,
            events: [.text("A"), .finish(.stop)]),
        Case(
            rule: "parallel calls may interleave",
            body: chunk(#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}"#)
                + chunk(#"{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{"}}]}"#)
                + chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}"#)
                + chunk(#"{"tool_calls":[{"index":1,"function":{"arguments":"}"}}]}"#)
                + chunk("{}", finish: "tool_calls") + done,
            events: [
                .toolCall(ToolCallDelta(index: 0, id: "a", name: "f")),
                .toolCall(ToolCallDelta(index: 1, id: "b", name: "g", arguments: "{")),
                .toolCall(ToolCallDelta(index: 1, arguments: "}")),
                // An empty object is delivered at the end, since arguments may follow it.
                .toolCall(ToolCallDelta(index: 0, arguments: "{}")), .finish(.toolCalls),
            ]),
        Case(
            rule: "calls decide the finish reason by their presence",
            body: chunk(#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#) + stop,
            events: [
                .toolCall(ToolCallDelta(index: 0, id: "a", name: "f")),
                .toolCall(ToolCallDelta(index: 0, arguments: "{}")), .finish(.toolCalls),
            ]),
        Case(
            rule: "reasoning comes under either name, once",
            body: chunk(#"{"reasoning_content":"a","reasoning":"a"}"#) + chunk(#"{"reasoning":"b"}"#) + hi + stop,
            events: [.reasoning("a"), .reasoning("b"), .text("Hi"), .finish(.stop)]),
        Case(
            rule: "a refusal is a content filter's answer",
            body: chunk(#"{"refusal":"No."}"#) + stop + done, events: [.text("No."), .finish(.contentFilter)]),
    ]

    static let failures = [
        Case(
            rule: "a stream without a finish is truncated", body: hi, events: [.text("Hi")],
            error: UltraError(
                .streamTruncated, "openai ended the stream before the answer was complete", provider: "openai",
                status: 200, isRetryable: true, partialTextBytes: 2)),
        Case(
            rule: "a finish by calls without any is none", body: hi + chunk("{}", finish: "tool_calls"),
            events: [.text("Hi")],
            error: UltraError(
                .streamTruncated, "openai ended the answer for tool calls but sent none", provider: "openai",
                status: 200, isRetryable: true, partialTextBytes: 2)),
        Case(
            rule: "an error inside a stream ends it",
            body: hi + #"data: {"error":{"message":"The server had an error","type":"server_error"}}"# + "\n\n" + done,
            events: [.text("Hi")],
            error: quoted(
                UltraError(
                    .upstreamError, "The server had an error", provider: "openai", status: 200,
                    providerCode: "server_error", isRetryable: true))),
        Case(
            rule: "an error event may hold plain text",
            body: "event: error\ndata: out of memory\n\n",
            error: quoted(
                UltraError(.upstreamError, "out of memory", provider: "openai", status: 200, isRetryable: true))),
        Case(
            rule: "an error that is a string is its message", isStream: false, head: HTTPHead(status: 404),
            body: #"{"error":"model 'x' not found"}"#,
            error: quoted(
                UltraError(
                    .modelNotFound, "model 'x' not found", hint: ErrorText.hint(.modelNotFound), provider: "openai",
                    status: 404))),
        Case(
            rule: "an empty reply is no answer", body: "",
            error: UltraError(
                .upstreamProtocol, "openai sent an empty reply", provider: "openai", status: 200, isRetryable: true)),
        Case(
            rule: "an HTML page is no answer", isStream: false, body: "<html><body>secret</body></html>",
            error: UltraError(
                .upstreamProtocol, "openai sent an HTML page in place of an answer", provider: "openai", status: 200,
                isRetryable: true)),
        Case(
            rule: "an HTML error page is not quoted", head: HTTPHead(status: 502), body: "<html>Bad Gateway</html>",
            error: UltraError(
                .upstreamError, "openai answered HTTP 502 with an HTML page", provider: "openai", status: 502,
                isRetryable: true)),
        Case(
            rule: "a chunk that is no JSON is shown in part", body: hi + "data: {nonsense\n\n", events: [.text("Hi")],
            error: UltraError(
                .upstreamProtocol, "openai sent a reply that does not match its API, near: {nonsense",
                provider: "openai", status: 200, isRetryable: true)),
        Case(
            rule: "a redirection is not followed", isStream: false, head: HTTPHead(status: 307), body: "",
            error: UltraError(
                .upstreamProtocol, "openai answered HTTP 307, a redirection",
                hint: "set the endpoint to the provider's new address", provider: "openai", status: 307)),
        Case(
            rule: "a JSON error with status 200 is an error",
            body: #"{"error":{"message":"Slow down","code":"slow_down"}}"#,
            error: quoted(
                UltraError(
                    .rateLimited, "Slow down", provider: "openai", status: 200, providerCode: "slow_down",
                    isRetryable: true))),
        Case(
            rule: "a 200 that chooses nothing is no answer", isStream: false, body: #"{"choices":[]}"#,
            error: UltraError(
                .upstreamProtocol, "openai sent a reply without an answer", provider: "openai", status: 200,
                isRetryable: true)),
    ]

    @Test("a reply gives the same events in one piece and byte by byte", arguments: streams + failures)
    func reply(example: Case) {
        let body = Array(example.body.utf8)
        for cuts in [[], Array(0..<body.count)] {
            let outcome = Outcome(
                OpenAIAdapter.testing(), isStream: example.isStream, head: example.head, body: body[...], cuts: cuts)
            #expect(outcome.events == example.events)
            #expect(outcome.error == example.error)
        }
    }

    @Test("a stream in reply to a unary request gives the same answer", arguments: streams)
    func unexpectedStream(example: Case) {
        let head = HTTPHead(status: 200, headers: [HTTPHeader("content-type", "text/event-stream")])
        let outcome = Outcome(
            OpenAIAdapter.testing(), isStream: false, head: head, body: Array(example.body.utf8)[...])
        #expect(outcome.events == example.events)
    }

    @Test("a call without an id gets a unique one")
    func madeUpID() throws {
        let body = #"{"choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}}]}"#
        var ids: Set<String?> = []
        for replyID in [1, 2] as [UInt64] {
            var decoder = ReplyDecoder(OpenAIAdapter.testing(), isStream: false, replyID: replyID)
            var events: [AnswerEvent] = []
            decoder.receive(HTTPHead(status: 200), now: 0)
            try Array(body.utf8).withUnsafeBytes { try decoder.receive($0, into: &events) }
            try decoder.finish(into: &events)
            if case .toolCall(let call)? = events.first { ids.insert(call.id) }
        }
        #expect(ids.count == 2 && !ids.contains(nil))
    }

    @Test("unwanted reasoning is dropped")
    func noReasoning() throws {
        var decoder = ReplyDecoder(OpenAIAdapter.testing(), isStream: true, includesReasoning: false)
        var events: [AnswerEvent] = []
        decoder.receive(HTTPHead(status: 200), now: 0)
        let body = Self.chunk(#"{"reasoning":"b"}"#) + Self.hi + Self.stop
        try Array(body.utf8).withUnsafeBytes { try decoder.receive($0, into: &events) }
        try decoder.finish(into: &events)
        #expect(events == [.text("Hi"), .finish(.stop)])
    }
}
