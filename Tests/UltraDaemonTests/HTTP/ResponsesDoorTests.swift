import Foundation
import ScriptedProvider
import Testing

@Suite("OpenAI's Responses over HTTP")
struct ResponsesDoorTests {
    static func body(_ more: String = "") -> String {
        #"{"model":"openai/gpt-4o","input":"hi""# + (more.isEmpty ? "" : ",") + more + "}"
    }

    static func types(_ response: HTTPClient.Response) -> [String] {
        response.text.components(separatedBy: "\n").filter { $0.hasPrefix("event: ") }.map { String($0.dropFirst(7)) }
    }

    @Test("a unary answer and a stream")
    func answers() throws {
        let provider = try ScriptedProvider()
        provider.answer(
            RelayTests.path, with: .json(RelayTests.answer),
            .events([RelayTests.chunk("Hel"), RelayTests.chunk("lo"), RelayTests.finish, RelayTests.usage]))
        let client = try HTTPClient(try DaemonProcess(openai: provider))
        let unary = try client.ask("POST", "/v1/responses", body: Self.body(#""store":true"#))
        #expect(unary.status == 200 && unary.json["status"] as? String == "completed")
        let item = (unary.json["output"] as? [[String: Any]])?.first
        #expect((item?["content"] as? [[String: Any]])?.first?["text"] as? String == "hello there")
        #expect(unary["x-ultra-warning"] == "store was left out: ultrad keeps no responses")
        let stream = try client.ask("POST", "/openai/v1/responses", body: Self.body(#""stream":true"#))
        #expect(stream.isComplete && !stream.text.contains("[DONE]"))
        #expect(Self.types(stream).first == "response.created" && Self.types(stream).last == "response.completed")
        #expect(stream.text.contains(#""text":"Hello""#) && stream.text.contains(#""output_tokens":2"#))
    }

    @Test("a failure is OpenAI's, and in a stream response.failed with a proper end")
    func failures() throws {
        let provider = try ScriptedProvider()
        provider.answer(
            RelayTests.path, with: .json(#"{"error":{"message":"oops"}}"#, status: 500),
            .stream([.event(RelayTests.chunk("Hel")), .close]))
        let client = try HTTPClient(try DaemonProcess(openai: provider, file: "[retry]\nper_candidate = 0\n"))
        let failed = try client.ask("POST", "/v1/responses", body: Self.body(#""stream":true"#))
        #expect(failed.status == 502 && failed.error["code"] as? String == "upstream_error")
        let cut = try client.ask("POST", "/v1/responses", body: Self.body(#""stream":true"#))
        #expect(cut.status == 200 && cut.isComplete)
        #expect(Self.types(cut).suffix(2) == ["response.failed", "error"])
        #expect(try client.ask("GET", "/health").status == 200)
    }

    @Test("features that are not kept or not served are refused")
    func refusals() throws {
        let client = try HTTPServerTests.client()
        let before = try client.ask("POST", "/v1/responses", body: Self.body(#""previous_response_id":"r""#))
        #expect(before.status == 400 && before.error["param"] as? String == "previous_response_id")
        #expect(before.error["code"] as? String == "unsupported_parameter")
        for path in ["/v1/responses/resp_1", "/v1/responses/compact"] {
            #expect(try client.ask("GET", path).status == 404, "\(path)")
        }
        let old = try client.ask("POST", "/v1/completions", body: #"{"prompt":"a"}"#)
        #expect(old.status == 400 && (old.error["message"] as? String)?.contains("/v1/chat/completions") == true)
        let count = try client.ask("POST", "/v1/responses/input_tokens", body: #"{"input":"12345"}"#)
        #expect(count.json["input_tokens"] as? Int == 2 && count["x-ultra-warning"] == "input_tokens is an estimate")
    }
}
