import Testing
import UltraAPI

@testable import UltraDialects

@Suite("Messages answers")
struct MessagesAnswerTests {
    static func writer(omitsThinking: Bool = false) -> MessagesWriter {
        MessagesWriter(AnswerOrigin(number: 7, time: 1000, estimatedInputTokens: 9), omitsThinking: omitsThinking)
    }

    static func answer(_ change: (inout Answer) -> Void = { _ in }) -> Answer {
        var answer = Answer(model: "a/b", provider: "a")
        answer.finishReason = .stop
        answer.usage = Usage(inputTokens: 12, outputTokens: 5, source: .measured)
        change(&answer)
        return answer
    }

    static func unary(_ answer: Answer, omitsThinking: Bool = false) -> String {
        String(decoding: writer(omitsThinking: omitsThinking).body(answer), as: UTF8.self)
    }

    static let head = #"{"id":"msg_7","type":"message","role":"assistant","model":"a/b","content":"#
    static let usage =
        #""usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":5}"#

    @Test("a unary answer: thinking, text and calls in their order")
    func unary() {
        let answer = Self.answer {
            $0.receive(.reasoning("Hm"), keepsContent: true)
            $0.receive(.reasoningSignature("x:s"), keepsContent: true)
            $0.receive(.text("Hi"), keepsContent: true)
            $0.receive(
                .toolCall(ToolCallDelta(index: 0, id: "c", name: "f", arguments: #"{"x":1}"#, signature: "g:t")),
                keepsContent: true)
            $0.finishReason = .toolCalls
        }
        let rest =
            #","signature":"x:s"},{"type":"text","text":"Hi"},{"type":"thinking","thinking":"","signature":"call:g:t"},{"type":"tool_use","id":"c","name":"f","input":{"x":1}}],"stop_reason":"tool_use","stop_sequence":null,"#
            + Self.usage + "}"
        #expect(Self.unary(answer) == Self.head + #"[{"type":"thinking","thinking":"Hm""# + rest)
        #expect(Self.unary(answer, omitsThinking: true) == Self.head + #"[{"type":"thinking","thinking":"""# + rest)
    }

    @Test("an empty answer has no blocks; arguments that are no object are put into one")
    func odd() {
        #expect(Self.unary(Self.answer()).hasPrefix(Self.head + "[],"))
        let odd = Self.answer { $0.toolCalls = [ToolCall(id: "c", name: "f", arguments: "[1]")] }
        #expect(Self.unary(odd).contains(#""input":{"arguments":"[1]"}"#))
        let blank = Self.answer { $0.toolCalls = [ToolCall(id: "c", name: "f", arguments: "")] }
        #expect(Self.unary(blank).contains(#""input":{}"#))
    }

    @Test(
        "stop reasons",
        arguments: [
            (.stop, "end_turn"), (.other, "end_turn"), (.length, "max_tokens"), (.toolCalls, "tool_use"),
            (.contentFilter, "refusal"),
        ] as [(FinishReason, String)])
    func stop(reason: FinishReason, word: String) {
        #expect(Self.unary(Self.answer { $0.finishReason = reason }).contains(#""stop_reason":"\#(word)""#))
    }

    @Test("input_tokens excludes cached tokens; usage_source marks estimates")
    func usage() {
        let cached = Self.answer {
            $0.usage = Usage(
                inputTokens: 12, outputTokens: 5, cachedInputTokens: 3, cacheWriteTokens: 2, source: .measured)
        }
        #expect(
            Self.unary(cached).hasSuffix(
                #""usage":{"input_tokens":7,"cache_creation_input_tokens":2,"cache_read_input_tokens":3,"output_tokens":5}}"#
            ))
        let unknown = Self.answer {
            $0.text = "12345"
            $0.usage = Usage()
        }
        #expect(Self.unary(unknown).contains(#""input_tokens":9,"#))
        #expect(Self.unary(unknown).hasSuffix(#""output_tokens":2,"usage_source":"estimated"}}"#))
    }

    // MARK: - Streams

    static func stream(_ events: [AnswerEvent], _ answer: Answer, omitsThinking: Bool = false) -> [String] {
        var writer = writer(omitsThinking: omitsThinking)
        var bytes: [UInt8] = []
        writer.start(model: "a/b", to: &bytes)
        for event in events { writer.event(event, to: &bytes) }
        writer.done(answer, to: &bytes)
        let events = String(decoding: bytes, as: UTF8.self).split(separator: "\n\n").map(String.init)
        return events.map { event in
            let lines = event.split(separator: "\n", maxSplits: 1).map(String.init)
            let name = lines[0].dropFirst(7)
            #expect(lines.count == 2 && lines[1].hasPrefix(#"data: {"type":"\#(name)""#))
            return String(lines.last?.dropFirst(6) ?? "")
        }
    }

    static let start =
        #"{"type":"message_start","message":{"id":"msg_7","type":"message","role":"assistant","model":"a/b","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}"#

    static func opened(_ index: Int, _ block: String) -> String {
        #"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#
    }

    static func delta(_ index: Int, _ delta: String) -> String {
        #"{"type":"content_block_delta","index":\#(index),"delta":\#(delta)}"#
    }

    static func closed(_ index: Int) -> String { #"{"type":"content_block_stop","index":\#(index)}"# }

    static func end(_ reason: String) -> [String] {
        [
            #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)","stop_sequence":null},\#(usage)}"#,
            #"{"type":"message_stop"}"#,
        ]
    }

    @Test("a stream of thinking, text and a call", arguments: [false, true])
    func stream(omitsThinking: Bool) {
        let found = Self.stream(
            [
                .providerModel("m"), .reasoning("H\"m"), .reasoningSignature("x:s"), .text("a"), .reasoning("u"),
                .toolCall(ToolCallDelta(index: 0, id: "c", name: "f")),
                .toolCall(ToolCallDelta(index: 0, arguments: #"{"x""#)), .finish(.toolCalls),
            ], Self.answer { $0.finishReason = .toolCalls }, omitsThinking: omitsThinking)
        let thinking = #"{"type":"thinking","thinking":"","signature":""}"#
        var expected: [String] = [Self.start, Self.opened(0, thinking)]
        if !omitsThinking { expected.append(Self.delta(0, #"{"type":"thinking_delta","thinking":"H\"m"}"#)) }
        expected += [
            Self.delta(0, #"{"type":"signature_delta","signature":"x:s"}"#), Self.closed(0),
            Self.opened(1, #"{"type":"text","text":""}"#), Self.delta(1, #"{"type":"text_delta","text":"a"}"#),
            Self.closed(1), Self.opened(2, thinking),
        ]
        if !omitsThinking { expected.append(Self.delta(2, #"{"type":"thinking_delta","thinking":"u"}"#)) }
        expected += [
            Self.delta(2, #"{"type":"signature_delta","signature":""}"#), Self.closed(2),
            Self.opened(3, #"{"type":"tool_use","id":"c","name":"f","input":{}}"#),
            Self.delta(3, #"{"type":"input_json_delta","partial_json":"{\"x\""}"#), Self.closed(3),
        ]
        #expect(found == expected + Self.end("tool_use"))
    }

    @Test("an answer without content")
    func empty() {
        #expect(Self.stream([], Self.answer()) == [Self.start] + Self.end("end_turn"))
    }

    @Test("a failure is an error event; a filler is a ping")
    func failure() {
        var bytes: [UInt8] = []
        var writer = Self.writer()
        writer.filler(to: &bytes)
        writer.failed(UltraError(.overloaded, "busy", provider: "a"), to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "event: ping\ndata: {\"type\":\"ping\"}\n\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"},\"request_id\":\"req_7\"}\n\n"
        )
    }

    @Test(
        "errors in Anthropic's words",
        arguments: [
            (UltraError(.invalidRequest, "m"), 400, "invalid_request_error", "m"),
            (UltraError(.contextLength, "m"), 400, "invalid_request_error", "prompt is too long: m"),
            (
                UltraError(.contextLength, "prompt is too long: 9 tokens > 8 maximum"), 400, "invalid_request_error",
                "prompt is too long: 9 tokens > 8 maximum"
            ),
            (UltraError(.badRequest, "m", status: 413), 413, "request_too_large", "m"),
            (UltraError(.modelNotFound, "m"), 404, "not_found_error", "m"),
            (UltraError(.authentication, "m", provider: "a"), 424, "api_error", "m"),
            (UltraError(.rateLimited, "m"), 429, "rate_limit_error", "m"),
            (UltraError(.quotaExceeded, "m"), 429, "rate_limit_error", "m"),
            (UltraError(.overloaded, "m"), 529, "overloaded_error", "m"),
            (UltraError(.noModelAvailable, "m"), 503, "api_error", "m"),
            (UltraError(.timeout, "m"), 504, "timeout_error", "m"),
            (UltraError(.upstreamError, "m"), 502, "api_error", "m"),
            (UltraError(.internal, "m"), 500, "api_error", "m"),
        ] as [(UltraError, Int, String, String)])
    func errors(error: UltraError, status: Int, type: String, message: String) {
        #expect(ErrorForm.anthropic.status(error).status == status)
        #expect(
            String(decoding: ErrorForm.anthropic.body(error, requestID: "req_7"), as: UTF8.self)
                == #"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"},"request_id":"req_7"}"#)
    }

    @Test(
        "pages of a list of models",
        arguments: [
            ([], ["a", "b", "c", "d"], false), ([("limit", "2")], ["a", "b"], true),
            ([("limit", "2"), ("after_id", "b")], ["c", "d"], false), ([("after_id", "d")], [], false),
            ([("limit", "2"), ("before_id", "d")], ["b", "c"], true), ([("limit", "4")], ["a", "b", "c", "d"], false),
        ] as [([(String, String)], [String], Bool)])
    func pages(parameters: [(String, String)], ids: [String], hasMore: Bool) throws {
        let page = try AnthropicPage(parameters.map { (name: $0.0, value: $0.1) })
        let (shown, more) = page.part(of: ["a", "b", "c", "d"])
        #expect(shown == ids && more == hasMore)
    }
}
