import Foundation
import ScriptedProvider
import Testing

@Suite("Anthropic's Messages over HTTP")
struct MessagesDoorTests {
    static func body(_ more: String = "", model: String = "openai/gpt-4o") -> String {
        #"{"model":"\#(model)","max_tokens":7,"messages":[{"role":"user","content":"hi"}]"# + (more.isEmpty ? "" : ",")
            + more + "}"
    }

    static func ask(_ client: HTTPClient, _ body: String, path: String = "/v1/messages") throws -> HTTPClient.Response {
        try client.ask("POST", path, ["anthropic-version: 2023-06-01", "x-api-key: sk-client"], body: body)
    }

    @Test(
        "a unary answer, by each of its paths",
        arguments: ["/v1/messages?beta=true", "/anthropic/v1/messages/", "/messages"])
    func unary(path: String) throws {
        let provider = try ScriptedProvider()
        provider.answer(RelayTests.path, with: .json(RelayTests.answer))
        let client = try HTTPClient(try DaemonProcess(openai: provider))
        let response = try Self.ask(client, Self.body(#""metadata":{"user_id":"u"}"#), path: path)
        #expect(response.status == 200 && response.json["type"] as? String == "message")
        #expect((response.json["content"] as? [[String: Any]])?.first?["text"] as? String == "hello there")
        #expect(response.json["stop_reason"] as? String == "end_turn")
        #expect((response.json["usage"] as? [String: Any])?["input_tokens"] as? Int == 3)
        #expect(
            response["x-ultra-model"] == "openai/gpt-4o" && response["x-ultra-warning"]?.hasPrefix("metadata") == true)
        #expect(response["request-id"] == response["x-ultra-request-id"] && response["x-request-id"] == nil)
        #expect(provider.requests.first { $0.path == RelayTests.path }?["authorization"] == "Bearer sk-test")
    }

    /// The events of a stream by their `type`.
    static func types(_ response: HTTPClient.Response) -> [String] {
        response.text.components(separatedBy: "\n\n").compactMap { event in
            event.hasPrefix("event: ") ? event.components(separatedBy: "\n")[0].dropFirst(7).description : nil
        }
    }

    @Test("a stream with all its events")
    func stream() throws {
        let provider = try ScriptedProvider()
        let call =
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},"finish_reason":null}]}"#
        provider.answer(
            RelayTests.path,
            with: .events([
                RelayTests.chunk("Hel"), RelayTests.chunk("lo"), call,
                #"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#, RelayTests.usage,
            ]))
        let client = try HTTPClient(try DaemonProcess(openai: provider))
        let response = try Self.ask(
            client, Self.body(#""stream":true,"tools":[{"name":"f","input_schema":{"type":"object"}}]"#))
        #expect(response["content-type"] == "text/event-stream; charset=utf-8" && response.isComplete)
        #expect(
            Self.types(response) == [
                "message_start", "content_block_start", "content_block_delta", "content_block_delta",
                "content_block_stop", "content_block_start", "content_block_delta", "content_block_stop",
                "message_delta", "message_stop",
            ])
        #expect(response.text.contains(#""input_json_delta","partial_json":"{\"x\":1}""#))
        #expect(response.text.contains(#""stop_reason":"tool_use""#) && response.text.contains(#""output_tokens":2}"#))
    }

    @Test(
        "a failure has its status and Anthropic's words, a stream's too",
        arguments: [
            (
                Script.json(
                    #"{"error":{"message":"maximum context length is 9 tokens","code":"context_length_exceeded"}}"#,
                    status: 400), 400, "invalid_request_error"
            ),
            (.json(#"{"error":{"message":"bad key","code":"invalid_api_key"}}"#, status: 401), 424, "api_error"),
            (.json(#"{"error":{"message":"oops"}}"#, status: 500), 502, "api_error"),
        ] as [(Script, Int, String)])
    func failures(script: Script, status: Int, type: String) throws {
        let provider = try ScriptedProvider()
        provider.answer(RelayTests.path, with: script)
        let daemon = try DaemonProcess(openai: provider, file: "[retry]\nper_candidate = 0\n")
        for more in ["", #""stream":true"#] {
            let response = try Self.ask(try HTTPClient(daemon), Self.body(more))
            #expect(response.status == status && response.json["type"] as? String == "error", "\(response.text)")
            #expect(response.error["type"] as? String == type)
            #expect(response.json["request_id"] as? String == response["request-id"])
            #expect(response["x-should-retry"] == "false")
            if status == 400 {
                #expect((response.error["message"] as? String)?.hasPrefix("prompt is too long: ") == true)
            }
        }
    }

    @Test("a reply that breaks off is an error event without message_stop, and its body ends properly")
    func truncated() throws {
        let provider = try ScriptedProvider()
        provider.answer(RelayTests.path, with: .stream([.event(RelayTests.chunk("Hel")), .close]))
        let client = try HTTPClient(try DaemonProcess(openai: provider))
        let response = try Self.ask(client, Self.body(#""stream":true"#))
        #expect(response.status == 200 && response.isComplete)
        #expect(
            Self.types(response) == ["message_start", "content_block_start", "content_block_delta", "error"])
        // The connection goes on.
        #expect(try client.ask("GET", "/health").status == 200)
    }

    @Test("a stream without content is begun by a ping")
    func quiet() throws {
        let provider = try ScriptedProvider()
        let gate = Gate()
        provider.answer(
            RelayTests.path,
            with: .stream([
                .head, .wait(gate), .event(RelayTests.chunk("a")), .event(RelayTests.finish), .event("[DONE]"),
            ]))
        let client = try HTTPClient(try DaemonProcess(openai: provider, file: "[http]\nquiet = \"1s\"\n"))
        client.send(HTTPClient.request("POST", "/v1/messages", body: Self.body(#""stream":true"#)))
        _ = try client.isAtEnd()
        gate.open()
        let response = try client.next()
        #expect(Self.types(response).prefix(2) == ["ping", "message_start"])
        #expect(Self.types(response).last == "message_stop" && response.isComplete)
    }

    @Test("paths, refusals and lists in Anthropic's shape")
    func shapes() throws {
        let client = try HTTPServerTests.client()
        for path in ["/v1/messages/batches", "/anthropic/v1/files"] {
            let none = try client.ask("GET", path)
            #expect(none.status == 404 && none.error["type"] as? String == "not_found_error", "\(path)")
            #expect((none.error["message"] as? String)?.contains("POST /v1/messages") == true)
        }
        #expect(try client.ask("GET", "/v1/messages").status == 405)
        let wrong = try Self.ask(client, "{")
        #expect(wrong.status == 400 && wrong.error["type"] as? String == "invalid_request_error")

        let count = try Self.ask(
            client, #"{"model":"x","messages":[{"role":"user","content":"12345"}]}"#, path: "/v1/messages/count_tokens")
        #expect(count.status == 200 && count.json["input_tokens"] as? Int == 2)
        #expect(count["x-ultra-warning"] == "input_tokens is an estimate")

        let page = try client.ask("GET", "/v1/models?limit=1", ["anthropic-version: 2023-06-01"])
        let model = (page.json["data"] as? [[String: Any]])?.first
        #expect(page.json["has_more"] as? Bool == true && page.json["last_id"] as? String == model?["id"] as? String)
        #expect(model?["type"] as? String == "model" && model?["created_at"] is String)
        let one = try client.ask("GET", "/anthropic/v1/models/mock%2Fecho")
        #expect(one.json["id"] as? String == "mock/echo" && one.json["type"] as? String == "model")
        let bad = try client.ask("GET", "/anthropic/v1/models?limit=x")
        #expect(bad.status == 400 && bad.error["type"] as? String == "invalid_request_error")
    }
}
