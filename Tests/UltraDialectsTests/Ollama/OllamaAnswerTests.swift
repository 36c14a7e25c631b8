import Testing
import UltraAPI

@testable import UltraDialects

@Suite("Ollama answers")
struct OllamaAnswerTests {
    static func writer(isChat: Bool = true) -> OllamaWriter {
        OllamaWriter(AnswerOrigin(number: 7, time: 1500, estimatedInputTokens: 9), name: "m", isChat: isChat)
    }

    static func answer(_ change: (inout Answer) -> Void = { _ in }) -> Answer {
        var answer = Answer(model: "a/b", provider: "a")
        answer.finishReason = .stop
        answer.usage = Usage(inputTokens: 12, outputTokens: 5, source: .measured)
        answer.timing.total = 3
        answer.timing.firstToken = 1
        change(&answer)
        return answer
    }

    static let head = #"{"model":"m","created_at":"1970-01-01T00:00:01.500Z","#
    static let end =
        #""done":true,"done_reason":"stop","total_duration":3000000,"load_duration":0,"prompt_eval_count":12,"prompt_eval_duration":1000000,"eval_count":5,"eval_duration":2000000}"#

    static func unary(_ answer: Answer, isChat: Bool = true) -> String {
        String(decoding: writer(isChat: isChat).body(answer), as: UTF8.self)
    }

    static func stream(_ events: [AnswerEvent], _ answer: Answer, isChat: Bool = true) -> [String] {
        var writer = writer(isChat: isChat)
        var bytes: [UInt8] = []
        writer.start(model: "a/b", to: &bytes)
        for event in events { writer.event(event, to: &bytes) }
        writer.done(answer, to: &bytes)
        #expect(bytes.last == 0x0A)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("unary answers")
    func unary() {
        let answer = Self.answer {
            $0.text = "Hi"
            $0.reasoning = [ReasoningPiece(text: "Hm", signature: "s")]
            $0.toolCalls = [
                ToolCall(id: "c", name: "f", arguments: #"{"x":1}"#), ToolCall(id: "d", name: "g", arguments: "no"),
            ]
            $0.finishReason = .toolCalls
        }
        #expect(
            Self.unary(answer) == Self.head
                + #""message":{"role":"assistant","content":"Hi","thinking":"Hm","tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{"x":1}}},{"id":"d","function":{"index":1,"name":"g","arguments":{"arguments":"no"}}}]},"#
                + Self.end)
        #expect(
            Self.unary(Self.answer { $0.text = "Hi" }, isChat: false) == Self.head + #""response":"Hi","# + Self.end)
    }

    @Test("a line for each piece; calls whole")
    func stream() {
        let lines = Self.stream(
            [
                .reasoning("H\nm"), .reasoningSignature("s"), .text("a"),
                .toolCall(ToolCallDelta(index: 0, id: "c", name: "f", arguments: #"{"x""#)),
                .toolCall(ToolCallDelta(index: 0, arguments: ":1}")),
                .toolCall(ToolCallDelta(index: 1, id: "d", name: "g", arguments: "{}")),
            ], Self.answer())
        func message(_ members: String) -> String {
            Self.head + #""message":{"role":"assistant",\#(members)},"done":false}"#
        }
        #expect(
            lines == [
                message(#""content":"","thinking":"H\nm""#), message(#""content":"a""#),
                message(
                    #""content":"","tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{"x":1}}}]"#),
                message(#""content":"","tool_calls":[{"id":"d","function":{"index":1,"name":"g","arguments":{}}}]"#),
                Self.head + #""message":{"role":"assistant","content":""},"# + Self.end,
            ])
        #expect(
            Self.stream([.text("a")], Self.answer(), isChat: false) == [
                Self.head + #""response":"a","done":false}"#, Self.head + #""response":"","# + Self.end,
            ])
    }

    @Test(
        "done reasons",
        arguments: [
            (.stop, "stop"), (.length, "length"), (.toolCalls, "stop"), (.contentFilter, "stop"), (.other, "stop"),
        ] as [(FinishReason, String)])
    func reasons(reason: FinishReason, word: String) {
        #expect(Self.unary(Self.answer { $0.finishReason = reason }).contains(#""done_reason":"\#(word)""#))
    }

    @Test("estimated counts are marked; a failure is a line without done")
    func ends() {
        let unknown = Self.answer {
            $0.text = "12345"
            $0.usage = Usage()
        }
        #expect(Self.unary(unknown).contains(#""prompt_eval_count":9,"#))
        #expect(Self.unary(unknown).hasSuffix(#","usage_source":"estimated"}"#))
        var bytes: [UInt8] = []
        var writer = Self.writer()
        writer.failed(UltraError(.overloaded, "busy", hint: "wait"), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "{\"error\":\"busy; wait\"}\n")
    }

    @Test("models by the names Ollama's programs have for them, with all fields")
    func models() {
        let own = ListedModel(
            id: "ollama/qwen3:8b", owner: "ollama", contextWindow: 40960, capabilities: ["chat", "reasoning", "tools"])
        let other = ListedModel(id: "a/b", owner: "a")
        let details =
            #""details":{"parent_model":"","format":"ultra","family":"ollama","families":["ollama"],"parameter_size":"","quantization_level":""}"#
        let tags = String(decoding: OllamaModels.tags([own, other]) { _ in "d" }.json.bytes, as: UTF8.self)
        #expect(
            tags.hasPrefix(
                #"{"models":[{"name":"qwen3:8b","model":"qwen3:8b","modified_at":"1970-01-01T00:00:00Z","size":0,"digest":"d",\#(details),"capabilities":["completion","tools","thinking"]},{"name":"a/b","#
            ))
        #expect(tags.hasSuffix(#""capabilities":["completion"]}]}"#))
        #expect(
            String(decoding: OllamaModels.show(own).json.bytes, as: UTF8.self) == "{" + details
                + #","model_info":{"general.architecture":"ultra","ultra.context_length":40960},"capabilities":["completion","tools","thinking"],"template":"","parameters":"","modified_at":"1970-01-01T00:00:00Z"}"#
        )
    }

    @Test(
        "dates of RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (784_111_777_042, "1994-11-06T08:49:37.042Z"),
            (-5, "1970-01-01T00:00:00.000Z"), (Int.max, "9999-12-31T23:59:59.999Z"),
        ])
    func dates(milliseconds: Int, text: String) {
        #expect(HTTPDateText.internetDate(milliseconds) == text)
    }
}
