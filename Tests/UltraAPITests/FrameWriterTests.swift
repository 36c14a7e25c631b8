import Foundation
import Testing

@testable import UltraAPI

@Suite struct FrameWriterTests {
    /// The frames that `write` adds, cut apart by the decoder.
    private static func written(
        maxFrameBytes: Int = 1 << 20, _ write: (inout FrameWriter) -> Void
    ) throws -> [String] {
        var writer = FrameWriter(maxFrameBytes: maxFrameBytes)
        write(&writer)
        var decoder = FrameDecoder()
        writer.bytes.withUnsafeBytes { decoder.append($0) }
        var frames: [String] = []
        while let frame = try decoder.next() { frames.append(String(decoding: frame, as: UTF8.self)) }
        #expect(!decoder.hasPartialFrame)
        return frames
    }

    @Test(arguments: ["", "a", "a\"b\n", "тест", String(repeating: "x", count: 4000)])
    func aDeltaOfTextIsTheFrameThatItWouldBe(_ text: String) throws {
        // The writer caches the beginning of a request's frames.
        let frames = try Self.written { writer in
            for id in [7, 7, 8, 7] { writer.text(id, text) }
        }
        let expected = try Self.written { writer in
            for id in [7, 7, 8, 7] { writer.frame(id, "delta") { $0.field("text", text) } }
        }
        #expect(frames == expected)
    }

    @Test("a delta that is too long for a frame comes in several, none of which cuts a character")
    func longDelta() throws {
        let text = String(repeating: "xé\n\u{1F600}", count: 100)
        let frames = try Self.written(maxFrameBytes: 300) { $0.text(1, text) }
        #expect(frames.allSatisfy { $0.utf8.count <= 300 })
        let deltas = try frames.map { frame in
            let json = try JSONSerialization.jsonObject(with: Data(frame.utf8))
            return try #require((json as? [String: Any])?["text"] as? String)
        }
        #expect(deltas.joined() == text)
    }

    private static var answer: Answer {
        var answer = Answer(model: "openai/gpt-4o", provider: "openai")
        answer.providerModel = "gpt-4o-2024-08-06"
        answer.text = "a\nb"
        answer.toolCalls = [ToolCall(id: "call_1", name: "f", arguments: #"{"x":1}"#)]
        answer.finishReason = .toolCalls
        answer.usage = Usage(inputTokens: 12, outputTokens: 5, cachedInputTokens: 0, source: .measured)
        answer.costMicroUSD = 80
        answer.cache = .miss
        answer.timing.queue = 0.1
        answer.timing.firstToken = 312.4
        answer.timing.total = 840.2004
        answer.attempts = [
            Attempt(model: "mistral/large", error: .overloaded, status: 529, milliseconds: 3),
            Attempt(model: "cohere/command", error: .connectFailed, status: nil, milliseconds: 0.25),
            Attempt(model: "openai/gpt-4o", error: nil, status: 200, milliseconds: 839.9),
        ]
        answer.requestID = "req_1"
        answer.warnings = ["top_k is not supported by openai"]
        return answer
    }

    private static let outcome =
        #""finish_reason":"tool_calls","usage":{"input_tokens":12,"output_tokens":5,"cached_input_tokens":0,"#
        + #""cache_write_tokens":null,"reasoning_tokens":null},"usage_source":"measured","cost_usd":0.00008,"#
        + #""cache":"miss","timing_ms":{"queue":0.1,"first_token":312.4,"total":840.2},"#
        + #""attempts":[{"model":"mistral/large","outcome":"error","error":"overloaded","status":529,"ms":3},"#
        + #"{"model":"cohere/command","outcome":"error","error":"connect_failed","status":null,"ms":0.25},"#
        + #"{"model":"openai/gpt-4o","outcome":"ok","status":200,"ms":839.9}],"request_id":"req_1","#
        + #""warnings":["top_k is not supported by openai"]}"#

    private static let origin =
        #""model":"openai/gpt-4o","provider":"openai","provider_model":"gpt-4o-2024-08-06","#

    @Test("a result carries content, use, cost, times and attempts")
    func result() throws {
        let content =
            #""text":"a\nb","reasoning":"","tool_calls":[{"id":"call_1","name":"f","arguments":"{\"x\":1}"}],"#
            + #""parts":[{"type":"text","text":"a\nb"},"#
            + #"{"type":"tool_call","id":"call_1","name":"f","arguments":"{\"x\":1}"}],"#
        #expect(
            try Self.written { $0.result(9, Self.answer) }
                == [#"{"id":9,"event":"result","# + Self.origin + content + Self.outcome])
    }

    /// An answer whose text is interrupted by reasoning and a call.
    private static var interleaved: Answer {
        var answer = Answer(model: "p/m", provider: "p")
        let events: [AnswerEvent] = [
            .reasoning("A"), .reasoningSignature("1"), .text("B"), .text("é"), .reasoning("D"), .text("E"),
            .toolCall(ToolCallDelta(index: 0, id: "c", name: "f", arguments: "{")),
            .toolCall(ToolCallDelta(index: 0, arguments: "}", signature: "s")), .reasoningSignature("2"), .text("F"),
        ]
        for event in events { answer.receive(event, keepsContent: true) }
        return answer
    }

    @Test("parts are the content in order, and the members before them stay")
    func parts() throws {
        let written = try Self.written { $0.result(1, Self.interleaved) }[0]
        let call = #"{"id":"c","name":"f","arguments":"{}","signature":"s"}"#
        #expect(
            written.contains(
                #""text":"BéEF","reasoning":"AD","#
                    + #""reasoning_parts":[{"type":"reasoning","text":"A","signature":"1"},"#
                    + #"{"type":"reasoning","text":"D","signature":"2"}],"tool_calls":["# + call + "],"
                    + #""parts":[{"type":"reasoning","text":"A","signature":"1"},{"type":"text","text":"Bé"},"#
                    + #"{"type":"reasoning","text":"D"},{"type":"text","text":"E"},"#
                    + call.replacing(#"{"id""#, with: #"{"type":"tool_call","id""#)
                    + #",{"type":"reasoning","text":"","signature":"2"},{"type":"text","text":"F"}],"#))
    }

    @Test("a long answer is sent without its parts if it would not fit otherwise")
    func longParts() throws {
        var answer = Answer(model: "p/m", provider: "p")
        answer.receive(.text(String(repeating: "x", count: 900)), keepsContent: true)
        let frames = try Self.written(maxFrameBytes: 1500) { $0.result(1, answer) }
        #expect(frames.count == 1)
        #expect(frames[0].hasPrefix(#"{"id":1,"event":"result""#))
        #expect(!frames[0].contains(#""parts""#))
    }

    @Test("a done is a result without its content")
    func done() throws {
        #expect(
            try Self.written { $0.done(9, Self.answer) } == [#"{"id":9,"event":"done","# + Self.origin + Self.outcome])
    }

    @Test("unknown values are null, and the mock is marked as one")
    func unknown() throws {
        var answer = Answer(model: "mock/echo", provider: "mock")
        answer.isMock = true
        #expect(
            try Self.written { $0.done(1, answer) } == [
                #"{"id":1,"event":"done","model":"mock/echo","provider":"mock","provider_model":null,"mock":true,"#
                    + #""finish_reason":"other","usage":{"input_tokens":null,"output_tokens":null,"#
                    + #""cached_input_tokens":null,"cache_write_tokens":null,"reasoning_tokens":null},"#
                    + #""usage_source":"unknown","cost_usd":null,"cache":"off","#
                    + #""timing_ms":{"queue":0,"first_token":null,"total":0},"attempts":[],"request_id":null,"#
                    + #""warnings":[]}"#
            ])
    }

    @Test("the frames of a stream")
    func stream() throws {
        let frames = try Self.written { writer in
            writer.progress(3, RequestProgress(.loadingModel))
            writer.start(3, Self.answer)
            writer.event(3, .text("é\"\u{1}"))
            writer.event(3, .reasoning("hm"))
            writer.event(3, .reasoningSignature("c2ln"))
            writer.event(3, .toolCall(ToolCallDelta(index: 0, id: "c", name: "f", arguments: "")))
            writer.event(3, .toolCall(ToolCallDelta(index: 0, arguments: "{\"")))
            writer.event(3, .finish(.stop))
            writer.goAway("shutdown")
        }
        #expect(
            frames == [
                #"{"id":3,"event":"progress","phase":"loading_model"}"#,
                #"{"id":3,"event":"start","model":"openai/gpt-4o","provider":"openai"}"#,
                #"{"id":3,"event":"delta","text":"é\"\u0001"}"#, #"{"id":3,"event":"delta","reasoning":"hm"}"#,
                #"{"id":3,"event":"delta","reasoning_signature":"c2ln"}"#,
                #"{"id":3,"event":"delta","tool_call":{"index":0,"id":"c","name":"f","arguments":""}}"#,
                #"{"id":3,"event":"delta","tool_call":{"index":0,"arguments":"{\""}}"#,
                #"{"id":0,"event":"goaway","reason":"shutdown"}"#,
            ])
    }

    @Test("every error code is written with the members that are known")
    func errors() throws {
        for code in ErrorCode.allCases {
            #expect(
                try Self.written { $0.error(1, UltraError(code, "m")) } == [
                    #"{"id":1,"event":"error","error":{"code":"\#(code.rawValue)","message":"m","retryable":false,"#
                        + #""attempts":[]}}"#
                ])
        }
        let error = UltraError(
            .timeout, "m", hint: "h", field: "f", timeout: .firstToken, provider: "p", model: "p/m", status: 504,
            providerCode: "c", requestID: "r", isRetryable: true, retryAfterMilliseconds: 1200, partialTextBytes: 7)
        #expect(
            try Self.written { $0.error(9_007_199_254_740_991, error) } == [
                #"{"id":9007199254740991,"event":"error","error":{"code":"timeout","message":"m","hint":"h","#
                    + #""field":"f","timeout":"first_token","provider":"p","model":"p/m","status":504,"#
                    + #""provider_code":"c","request_id":"r","retryable":true,"retry_after_ms":1200,"#
                    + #""partial_text_bytes":7,"attempts":[]}}"#
            ])
    }

    @Test("a result too long for a frame becomes an error, and what was there before stays")
    func tooLong() throws {
        var answer = Self.answer
        answer.text = String(repeating: "x", count: 2000)
        let frames = try Self.written(maxFrameBytes: 1500) { writer in
            writer.result(1, Report())
            writer.result(2, answer)
            writer.result(3, Report())
        }
        #expect(frames.count == 3)
        #expect(frames[0] == #"{"id":1,"event":"result"}"#)
        #expect(frames[1].hasPrefix(#"{"id":2,"event":"error","error":{"code":"too_large""#))
        #expect(frames[2] == #"{"id":3,"event":"result"}"#)
    }

    @Test(
        "decimals are exact and have no zeros at their end",
        arguments: [
            (0, 6, "0"), (80, 6, "0.00008"), (1, 6, "0.000001"), (1_500_000, 6, "1.5"), (-1_500_000, 6, "-1.5"),
            (1_000_000, 6, "1"), (123_456_789, 6, "123.456789"), (999_999, 6, "0.999999"), (840_200, 3, "840.2"),
            (10, 0, "10"), (Int.max, 6, "9223372036854.775807"), (Int.min, 18, "-9.223372036854775808"),
            (Int.max, 0, "9223372036854775807"), (Int.min, 0, "-9223372036854775808"),
        ])
    func decimals(value: Int, places: Int, text: String) {
        var writer = JSONWriter()
        writer.fixed(value, places: places)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test(
        "durations have at most three decimals and are always numbers",
        arguments: [
            (0.0, "0"), (0.0004, "0"), (0.0005, "0.001"), (1234.5678, "1234.568"), (-1, "0"), (.nan, "0"),
            (.infinity, "31536000000000"),
        ])
    func milliseconds(value: Double, text: String) {
        var writer = JSONWriter()
        writer.milliseconds("ms", value)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "\"ms\":\(text)")
    }
}
