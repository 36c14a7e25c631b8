import Foundation
import Testing
import UltraAPI

@testable import UltraDialects

@Suite("Responses answers")
struct ResponsesAnswerTests {
    static func request(_ members: String = "") throws -> ResponsesRequest {
        try ResponsesRequest(Array(#"{"model":"quick","input":"Hi"\#(members)}"#.utf8))
    }

    static func writer(_ members: String = "") throws -> ResponsesWriter {
        try request(members).writer(AnswerOrigin(number: 7, time: 1000, estimatedInputTokens: 9))
    }

    static func answer(_ events: [AnswerEvent] = [], finish: FinishReason = .stop) -> Answer {
        var answer = Answer(model: "a/b", provider: "a")
        for event in events { answer.receive(event, keepsContent: true) }
        answer.finishReason = finish
        answer.usage = Usage(
            inputTokens: 12, outputTokens: 5, cachedInputTokens: 3, reasoningTokens: 2, source: .measured)
        return answer
    }

    static func unary(_ answer: Answer, _ members: String = "") throws -> String {
        String(decoding: try writer(members).body(answer), as: UTF8.self)
    }

    /// Every member of the Open Responses schema.
    static let members: Set<String> = [
        "id", "object", "created_at", "completed_at", "status", "incomplete_details", "model", "previous_response_id",
        "instructions", "output", "error", "tools", "tool_choice", "truncation", "parallel_tool_calls", "text", "top_p",
        "presence_penalty", "frequency_penalty", "top_logprobs", "temperature", "reasoning", "usage",
        "max_output_tokens", "max_tool_calls", "store", "background", "service_tier", "metadata", "safety_identifier",
        "prompt_cache_key",
    ]

    @Test("a response has every member, as the request has it or its default")
    func members() throws {
        let text = try Self.unary(
            Self.answer(), #","instructions":"I","temperature":0.5,"metadata":{"a":"b"},"tool_choice":"none""#)
        let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
        #expect(Set(json.keys) == Self.members)
        #expect(json["instructions"] as? String == "I" && json["temperature"] as? Double == 0.5)
        #expect(json["metadata"] as? [String: String] == ["a": "b"] && json["tool_choice"] as? String == "none")
        #expect(json["model"] as? String == "a/b" && json["status"] as? String == "completed")
        #expect(json["truncation"] as? String == "disabled" && json["store"] as? Bool == false)
        #expect(
            text.contains(
                #""usage":{"input_tokens":12,"input_tokens_details":{"cached_tokens":3},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":17}"#
            ))
    }

    static let events: [AnswerEvent] = [
        .reasoning("Hm"), .reasoningSignature("a:s"), .text("H"), .text("i"),
        .toolCall(ToolCallDelta(index: 0, id: "c", name: "ns__f", arguments: "{}")),
        .toolCall(ToolCallDelta(index: 1, id: "d", name: "patch", arguments: #"{"input":"x"}"#)),
    ]
    static let tools =
        #","include":["reasoning.encrypted_content"],"tools":[{"type":"namespace","name":"ns","tools":[{"type":"function","name":"f"}]},{"type":"custom","name":"patch"}]"#
    static let output =
        #""output":[{"type":"reasoning","id":"rs_7_0","summary":[{"type":"summary_text","text":"Hm"}],"encrypted_content":"a:s"},{"type":"message","id":"msg_7_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hi","annotations":[],"logprobs":[]}]},{"type":"function_call","id":"fc_7_2","status":"completed","call_id":"c","name":"f","namespace":"ns","arguments":"{}"},{"type":"custom_tool_call","id":"ctc_7_3","status":"completed","call_id":"d","name":"patch","input":"x"}],"#

    @Test("items in the order they came, calls in the forms the client asked for")
    func items() throws {
        #expect(try Self.unary(Self.answer(Self.events), Self.tools).contains(Self.output))
        // Signatures are included only on request.
        #expect(try !Self.unary(Self.answer(Self.events)).contains("encrypted_content"))
    }

    static func stream(_ events: [AnswerEvent], _ answer: Answer, _ members: String = "") throws -> [(String, String)] {
        var writer = try writer(members)
        var bytes: [UInt8] = []
        writer.start(model: "a/b", to: &bytes)
        for event in events { writer.event(event, to: &bytes) }
        writer.done(answer, to: &bytes)
        return Self.events(of: bytes)
    }

    /// The names and data of the events, after a check of their types and numbers.
    static func events(of bytes: [UInt8]) -> [(String, String)] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n\n").enumerated().map { index, event in
            let lines = event.split(separator: "\n", maxSplits: 1)
            let name = String(lines[0].dropFirst(7))
            let start = #"data: {"type":"\#(name)","sequence_number":\#(index)"#
            #expect(lines.count == 2 && lines[1].hasPrefix(start))
            return (name, String(lines.last?.dropFirst(start.count) ?? ""))
        }
    }

    @Test("a stream opens and closes one item after the other")
    func stream() throws {
        let found = try Self.stream(Self.events, Self.answer(finish: .toolCalls), Self.tools)
        #expect(
            found.map(\.0) == [
                "response.created", "response.in_progress", "response.output_item.added",
                "response.reasoning_summary_part.added", "response.reasoning_summary_text.delta",
                "response.reasoning_summary_text.done", "response.reasoning_summary_part.done",
                "response.output_item.done", "response.output_item.added", "response.content_part.added",
                "response.output_text.delta", "response.output_text.delta", "response.output_text.done",
                "response.content_part.done", "response.output_item.done", "response.output_item.added",
                "response.function_call_arguments.delta", "response.function_call_arguments.done",
                "response.output_item.done", "response.output_item.added", "response.custom_tool_call_input.delta",
                "response.custom_tool_call_input.done", "response.output_item.done", "response.completed",
            ])
        #expect(found[2].1 == #","output_index":0,"item":{"type":"reasoning","id":"rs_7_0","summary":[]}}"#)
        #expect(found[4].1 == #","item_id":"rs_7_0","output_index":0,"summary_index":0,"delta":"Hm"}"#)
        #expect(found[11].1 == #","item_id":"msg_7_1","output_index":1,"content_index":0,"delta":"i","logprobs":[]}"#)
        #expect(found[17].1 == #","item_id":"fc_7_2","output_index":2,"name":"f","arguments":"{}"}"#)
        #expect(found[20].1 == #","item_id":"ctc_7_3","output_index":3,"delta":"x"}"#)
        #expect(found[23].1.contains(Self.output) && found[23].1.contains(#""total_tokens":17"#))
    }

    @Test(
        "statuses of complete answers",
        arguments: [
            (.stop, "completed", "null"), (.toolCalls, "completed", "null"), (.other, "completed", "null"),
            (.length, "incomplete", #"{"reason":"max_output_tokens"}"#),
            (.contentFilter, "incomplete", #"{"reason":"content_filter"}"#),
        ] as [(FinishReason, String, String)])
    func ends(finish: FinishReason, status: String, details: String) throws {
        let found = try Self.stream([.text("a")], Self.answer(finish: finish))
        #expect(found.last?.0 == "response.\(status)")
        #expect(found.last?.1.contains(#""status":"\#(status)","incomplete_details":\#(details)"#) == true)
    }

    @Test(
        "a failure is response.failed with a code that Codex knows, then an error",
        arguments: [
            (.contextLength, "context_length_exceeded"), (.quotaExceeded, "insufficient_quota"),
            (.overloaded, "server_is_overloaded"), (.rateLimited, "rate_limit_exceeded"),
            (.badRequest, "invalid_prompt"), (.contentFiltered, "invalid_prompt"), (.authentication, "invalid_prompt"),
            (.streamTruncated, "server_error"), (.timeout, "server_error"),
        ] as [(ErrorCode, String)])
    func failure(code: ErrorCode, word: String) throws {
        var writer = try Self.writer()
        var bytes: [UInt8] = []
        writer.failed(UltraError(code, "m", provider: "a"), to: &bytes)
        let found = Self.events(of: bytes)
        #expect(found.map(\.0) == ["response.failed", "error"])
        #expect(found[0].1.contains(#""status":"failed","#) && found[0].1.contains(#""error":{"code":"\#(word)","#))
        #expect(found[0].1.contains(#""model":"quick""#))
        #expect(found[1].1.hasPrefix(#","error":{"message":"m"#))
    }
}
