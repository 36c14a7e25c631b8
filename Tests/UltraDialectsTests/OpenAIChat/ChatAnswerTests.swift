import Testing
import UltraAPI

@testable import UltraDialects

@Suite("Chat Completions answers")
struct ChatAnswerTests {
    static func origin(_ form: ChatCallForm = ChatCallForm()) -> ChatAnswerOrigin {
        ChatAnswerOrigin(id: "chatcmpl-7", created: 1, estimatedInputTokens: 9, calls: form)
    }

    static func answer(_ change: (inout Answer) -> Void = { _ in }) -> Answer {
        var answer = Answer(model: "a/b", provider: "a")
        answer.finishReason = .stop
        answer.usage = Usage(inputTokens: 12, outputTokens: 5, source: .measured)
        change(&answer)
        return answer
    }

    static func unary(_ answer: Answer, _ form: ChatCallForm = ChatCallForm()) -> String {
        String(decoding: ChatAnswerWriter.body(answer, origin(form)), as: UTF8.self)
    }

    static let head =
        #"{"id":"chatcmpl-7","object":"chat.completion","created":1,"model":"a/b","system_fingerprint":null,"choices":[{"index":0,"message":{"role":"assistant","#
    static let usage = #""usage":{"prompt_tokens":12,"completion_tokens":5,"total_tokens":17}}"#

    @Test("text alone")
    func text() {
        #expect(
            Self.unary(Self.answer { $0.text = "Hi" })
                == Self.head + #""content":"Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}],"# + Self.usage
        )
    }

    @Test("reasoning and calls")
    func calls() {
        let answer = Self.answer {
            $0.reasoning = [ReasoningPiece(text: "H"), ReasoningPiece(text: "m", signature: "s")]
            $0.toolCalls = [ToolCall(id: "c", name: "f", arguments: #"{"x":1}"#)]
            $0.finishReason = .toolCalls
        }
        #expect(
            Self.unary(answer) == Self.head
                + #""content":null,"reasoning_content":"Hm","refusal":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],"#
                + Self.usage)
    }

    @Test("an answer without content has an empty text")
    func empty() {
        #expect(Self.unary(Self.answer()).contains(#""content":"","#))
    }

    @Test("calls in the forms the client asked for")
    func forms() {
        let answer = Self.answer {
            $0.toolCalls = [ToolCall(id: "c", name: "f", arguments: #"{"input":"a\nb"}"#)]
            $0.finishReason = .toolCalls
        }
        var custom = ChatCallForm()
        custom.customTools = ["f"]
        #expect(
            Self.unary(answer, custom).contains(
                #""tool_calls":[{"id":"c","type":"custom","custom":{"name":"f","input":"a\nb"}}]},"logprobs":null,"finish_reason":"tool_calls""#
            ))
        var legacy = ChatCallForm()
        legacy.isLegacy = true
        #expect(
            Self.unary(answer, legacy).contains(
                #""function_call":{"name":"f","arguments":"{\"input\":\"a\\nb\"}"}},"logprobs":null,"finish_reason":"function_call""#
            ))
    }

    @Test(
        "finish reasons",
        arguments: [
            (.stop, "stop"), (.length, "length"), (.toolCalls, "tool_calls"), (.contentFilter, "content_filter"),
            (.other, "stop"),
        ] as [(FinishReason, String)])
    func finish(reason: FinishReason, word: String) {
        #expect(Self.unary(Self.answer { $0.finishReason = reason }).contains(#""finish_reason":"\#(word)""#))
    }

    @Test("usage always has integers; estimates are marked, unknown details are absent")
    func usage() {
        let whole = Self.answer {
            $0.usage = Usage(
                inputTokens: 12, outputTokens: 5, cachedInputTokens: 3, cacheWriteTokens: 1, reasoningTokens: 2,
                source: .measured)
        }
        #expect(
            Self.unary(whole).hasSuffix(
                #""usage":{"prompt_tokens":12,"completion_tokens":5,"total_tokens":17,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}}"#
            ))
        let none = Self.answer {
            $0.text = "12345"
            $0.usage = Usage()
        }
        #expect(
            Self.unary(none).hasSuffix(
                #""usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"usage_source":"estimated"}}"#))
    }

    // MARK: - Streams

    static func stream(
        _ events: [AnswerEvent], _ answer: Answer, _ form: ChatCallForm = ChatCallForm(), includesUsage: Bool = false
    ) -> [String] {
        var writer = ChatStreamWriter(origin(form), includesUsage: includesUsage)
        var bytes: [UInt8] = []
        writer.start(model: "a/b", to: &bytes)
        for event in events { writer.event(event, to: &bytes) }
        writer.done(answer, to: &bytes)
        return String(decoding: bytes, as: UTF8.self).components
    }

    static func chunk(_ delta: String, finish: String = "null", end: String = "") -> String {
        #"data: {"id":"chatcmpl-7","object":"chat.completion.chunk","created":1,"model":"a/b","system_fingerprint":null,"choices":[{"index":0,"delta":"#
            + delta + #","logprobs":null,"finish_reason":\#(finish)}]\#(end)}"#
    }

    static let first = #"{"role":"assistant","content":""}"#

    @Test("a stream of text, reasoning and calls")
    func stream() {
        let found = Self.stream(
            [
                .providerModel("m"), .reasoning("Hm"), .reasoningSignature("s"), .text("a\"b"),
                .toolCall(ToolCallDelta(index: 0, id: "c", name: "f")),
                .toolCall(ToolCallDelta(index: 0, arguments: #"{"x""#)), .usage(Usage()), .finish(.toolCalls),
            ], Self.answer { $0.finishReason = .toolCalls })
        #expect(
            found == [
                Self.chunk(Self.first), Self.chunk(#"{"reasoning_content":"Hm"}"#), Self.chunk(#"{"content":"a\"b"}"#),
                Self.chunk(
                    #"{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":""}}]}"#),
                Self.chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\""}}]}"#),
                Self.chunk("{}", finish: #""tool_calls""#), "data: [DONE]",
            ])
    }

    @Test("usage in a chunk of its own, if asked for")
    func streamUsage() {
        let end = #","usage":null"#
        #expect(
            Self.stream([.text("a")], Self.answer(), includesUsage: true) == [
                Self.chunk(Self.first, end: end), Self.chunk(#"{"content":"a"}"#, end: end),
                Self.chunk("{}", finish: #""stop""#, end: end),
                #"data: {"id":"chatcmpl-7","object":"chat.completion.chunk","created":1,"model":"a/b","system_fingerprint":null,"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":5,"total_tokens":17}}"#,
                "data: [DONE]",
            ])
        let unknown = Self.stream([.text("12345")], Self.answer { $0.usage = Usage() }, includesUsage: true)
        #expect(unknown[3].hasSuffix(#""completion_tokens":2,"total_tokens":11,"usage_source":"estimated"}}"#))
    }

    @Test("a custom tool's call comes in one piece; a call of the older form has its members")
    func streamForms() {
        let pieces: [AnswerEvent] = [
            .toolCall(ToolCallDelta(index: 0, id: "c", name: "f")),
            .toolCall(ToolCallDelta(index: 0, arguments: #"{"input":"#)),
            .toolCall(ToolCallDelta(index: 0, arguments: #""t"}"#)),
        ]
        var custom = ChatCallForm()
        custom.customTools = ["f"]
        let answer = Self.answer { $0.finishReason = .toolCalls }
        #expect(
            Self.stream(pieces, answer, custom)[1...] == [
                Self.chunk(#"{"tool_calls":[{"index":0,"id":"c","type":"custom","custom":{"name":"f","input":"t"}}]}"#),
                Self.chunk("{}", finish: #""tool_calls""#), "data: [DONE]",
            ])
        var legacy = ChatCallForm()
        legacy.isLegacy = true
        #expect(
            Self.stream(pieces, answer, legacy)[1...] == [
                Self.chunk(#"{"function_call":{"name":"f","arguments":""}}"#),
                Self.chunk(#"{"function_call":{"arguments":"{\"input\":"}}"#),
                Self.chunk(#"{"function_call":{"arguments":"\"t\"}"}}"#),
                Self.chunk("{}", finish: #""function_call""#), "data: [DONE]",
            ])
    }

    @Test("a failure in a stream is an error event, and no end")
    func failure() {
        var bytes: [UInt8] = []
        ChatStreamWriter(Self.origin(), includesUsage: false)
            .failed(UltraError(.streamTruncated, "the reply broke off", provider: "a"), to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "data: {\"error\":{\"message\":\"the reply broke off\",\"type\":\"server_error\",\"param\":null,\"code\":\"stream_truncated\"}}\n\n"
        )
    }
}

extension String {
    /// The events of a stream.
    fileprivate var components: [String] {
        #expect(hasSuffix("\n\n"))
        var events: [String] = []
        var event = ""
        for line in split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty {
                if !event.isEmpty { events.append(event) }
                event = ""
            } else {
                event += (event.isEmpty ? "" : "\n") + line
            }
        }
        return events
    }
}
