import Foundation
import ScriptedProvider
import Testing

@Suite("Chat Completions over HTTP")
struct ChatDoorTests {
    /// A request to the scripted provider.
    static func body(_ more: String = "", model: String = "openai/gpt-4o") -> String {
        #"{"model":"\#(model)","messages":[{"role":"user","content":"hi"}]"# + (more.isEmpty ? "" : ",") + more + "}"
    }

    @Test("a unary answer, with who answered and what was left out")
    func unary() throws {
        let provider = try ScriptedProvider()
        provider.answer(RelayTests.path, with: .json(RelayTests.answer))
        let daemon = try DaemonProcess(openai: provider)
        let client = try HTTPClient(daemon)
        let response = try client.chat(Self.body(#""user":"u","max_tokens":7"#), ["Authorization: Bearer sk-client"])
        #expect(response.status == 200)
        #expect(response.json["object"] as? String == "chat.completion")
        #expect(response.json["model"] as? String == "openai/gpt-4o")
        let choice = (response.json["choices"] as? [[String: Any]])?.first
        #expect((choice?["message"] as? [String: Any])?["content"] as? String == "hello there")
        #expect(choice?["finish_reason"] as? String == "stop")
        let usage = response.json["usage"] as? [String: Any]
        #expect(usage?["prompt_tokens"] as? Int == 3 && usage?["total_tokens"] as? Int == 5)
        #expect(response["x-ultra-model"] == "openai/gpt-4o" && response["x-ultra-path"] == "translated")
        #expect(response["x-ultra-warning"] == "user was left out: it cannot be translated")
        #expect(response["x-request-id"] == response["x-ultra-request-id"])
        // The client's credentials are not passed on.
        let sent = provider.requests.first { $0.path == RelayTests.path }
        #expect(sent?["authorization"] == "Bearer sk-test")
        #expect(
            sent?.bodyText.contains(#""max_tokens":7"#) == true
                || sent?.bodyText.contains(#""max_completion_tokens":7"#) == true)
    }

    @Test("a stream, with its usage if that is asked for")
    func stream() throws {
        let provider = try ScriptedProvider()
        provider.answer(
            RelayTests.path,
            with: .events([
                RelayTests.chunk("Hel"), RelayTests.chunk("lo é"), RelayTests.finish, RelayTests.usage,
            ]))
        let client = try HTTPClient(try DaemonProcess(openai: provider))
        let response = try client.chat(Self.body(#""stream":true,"stream_options":{"include_usage":true}"#))
        #expect(response.status == 200 && response.isComplete)
        #expect(
            response["content-type"] == "text/event-stream; charset=utf-8" && response["cache-control"] == "no-cache")
        let chunks = response.events.dropLast().compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        let deltas = chunks.compactMap { ($0["choices"] as? [[String: Any]])?.first?["delta"] as? [String: Any] }
        #expect(deltas.compactMap { $0["content"] as? String }.joined() == "Hello é")
        #expect(deltas.first?["role"] as? String == "assistant")
        #expect((chunks.last?["usage"] as? [String: Any])?["completion_tokens"] as? Int == 2)
        #expect(response.events.last == "[DONE]")
        #expect(Set(chunks.compactMap { $0["id"] as? String }).count == 1)

        // The connection goes on.
        let plain = try client.chat(Self.body(#""stream":true"#))
        #expect(plain.events.last == "[DONE]" && !plain.text.contains("usage"))
    }

    @Test("HTTP/1.0 gets a stream that ends with the connection")
    func oldStream() throws {
        let client = try HTTPServerTests.client()
        let body = Self.body(#""stream":true"#, model: "mock/echo")
        client.send(
            "POST /v1/chat/completions HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                + body)
        let response = try client.next()
        #expect(response["transfer-encoding"] == nil && response["connection"] == "close")
        #expect(response.events.last == "[DONE]")
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let name: String
        let script: Script
        let status: Int
        let type: String
        let code: String?
        var testDescription: String { name }
    }

    @Test(
        "a failure has its status and OpenAI's words, a stream's too, and is not to be repeated",
        arguments: [
            Failure(
                name: "key", script: .json(#"{"error":{"message":"bad key","code":"invalid_api_key"}}"#, status: 401),
                status: 424, type: "invalid_request_error", code: "provider_key"),
            Failure(
                name: "context",
                script: .json(
                    #"{"error":{"message":"This model's maximum context length is 9 tokens.","code":"context_length_exceeded"}}"#,
                    status: 400), status: 400, type: "invalid_request_error", code: "context_length_exceeded"),
            Failure(
                name: "parameter",
                script: .json(
                    #"{"error":{"message":"no","type":"invalid_request_error","param":"messages","code":"unsupported_value"}}"#,
                    status: 400), status: 400, type: "invalid_request_error", code: "unsupported_value"),
            Failure(
                name: "server", script: .json(#"{"error":{"message":"oops"}}"#, status: 500), status: 502,
                type: "server_error", code: "upstream_error"),
            Failure(
                name: "nonsense", script: .json("<html>"), status: 502, type: "server_error", code: "upstream_protocol"),
        ])
    func failures(_ failure: Failure) throws {
        let provider = try ScriptedProvider()
        provider.answer(RelayTests.path, with: failure.script)
        let daemon = try DaemonProcess(openai: provider, file: "[retry]\nper_candidate = 0\n")
        for more in ["", #""stream":true"#] {
            let response = try HTTPClient(daemon).chat(Self.body(more))
            #expect(response.status == failure.status, "\(response.text)")
            #expect(response["content-type"] == "application/json")
            #expect(response.error["type"] as? String == failure.type)
            #expect(response.error["code"] as? String == failure.code)
            #expect(response["x-should-retry"] == "false")
        }
    }

    @Test("a known wait is reported, and worth a retry")
    func rateLimit() throws {
        let provider = try ScriptedProvider()
        provider.answer(RelayTests.path, with: .retryLater(.seconds(30)))
        let response = try HTTPClient(try DaemonProcess(openai: provider)).chat(Self.body())
        #expect(response.status == 429 && response["x-should-retry"] == "true")
        #expect((1...30).contains(response["retry-after"].flatMap { Int($0) } ?? 0))
        #expect((response.error["message"] as? String)?.contains("try again in ") == true)
    }

    @Test(
        "an invalid request gets an error that names the flaw",
        arguments: [
            (#"{"messages":[{"role":"user","content":"a"}],"n":2}"#, "n", "unsupported_parameter"),
            (#"{"messages":[{"role":"user","content":"a"}],"temperature":9}"#, "temperature", nil),
            (#"{"model":"nobody/has-it","messages":[{"role":"user","content":"a"}]}"#, "model", "model_not_found"),
            ("{", nil, nil), ("", nil, nil),
        ] as [(String, String?, String?)])
    func wrong(body: String, parameter: String?, code: String?) throws {
        let response = try HTTPServerTests.client().chat(body)
        #expect(response.status == (code == "model_not_found" ? 404 : 400))
        #expect(response.error["param"] as? String == parameter && response.error["code"] as? String == code)
    }

    @Test("a reply that breaks off is an error event without an end, and the connection ends without the last chunk")
    func truncated() throws {
        let provider = try ScriptedProvider()
        provider.answer(RelayTests.path, with: .stream([.event(RelayTests.chunk("Hel")), .close]))
        let client = try HTTPClient(try DaemonProcess(openai: provider))
        let response = try client.chat(Self.body(#""stream":true"#))
        #expect(response.status == 200 && !response.isComplete)
        #expect(!response.events.contains("[DONE]"))
        let last = try JSONSerialization.jsonObject(with: Data((response.events.last ?? "").utf8)) as? [String: Any]
        #expect((last?["error"] as? [String: Any])?["code"] as? String == "stream_truncated")
        #expect(try client.isAtEnd())
    }

    @Test("a client that goes away takes the upstream with it", arguments: ["", #""stream":true"#, "started"])
    func cancel(more: String) throws {
        let isStarted = more == "started"
        let provider = try ScriptedProvider()
        provider.answer(
            RelayTests.path,
            with: isStarted ? .hang(after: [.event(RelayTests.chunk("a"))]) : .hangBeforeHead)
        let daemon = try DaemonProcess(openai: provider)
        let native = try daemon.client()
        _ = try native.ask(#"{"id":1,"op":"ping"}"#)
        var client: HTTPClient? = try HTTPClient(daemon)
        client?.send(
            HTTPClient.request(
                "POST", "/v1/chat/completions", body: Self.body(isStarted ? #""stream":true"# : more)))
        var request = try provider.blockForRequest()
        while request.path != RelayTests.path { request = try provider.blockForRequest() }
        if isStarted { _ = try client?.events(2) }
        let before = ContinuousClock.now
        client = nil
        _ = try provider.blockForConnectionClosed(request.connection)
        #expect(ContinuousClock.now - before < .milliseconds(500))
        #expect(try native.ask(#"{"id":2,"op":"ping"}"#, id: 2).event == "result")
    }

    @Test("a stream without content is begun and kept alive")
    func quiet() throws {
        let provider = try ScriptedProvider()
        let gate = Gate()
        provider.answer(
            RelayTests.path,
            with: .stream([
                .head, .wait(gate), .event(RelayTests.chunk("a")), .event(RelayTests.finish), .event("[DONE]"),
            ]))
        let daemon = try DaemonProcess(openai: provider, file: "[http]\nquiet = \"1s\"\n")
        let client = try HTTPClient(daemon)
        client.send(HTTPClient.request("POST", "/v1/chat/completions", body: Self.body(#""stream":true"#)))
        // The head is sent although there is no content yet.
        _ = try client.isAtEnd()
        gate.open()
        let response = try client.next()
        #expect(response.text.hasPrefix(": ultrad\n\n") && response.events.last == "[DONE]" && response.isComplete)
    }

    @Test("tools: a call is streamed, its answer goes back")
    func tools() throws {
        let provider = try ScriptedProvider()
        let call =
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},"finish_reason":null}]}"#
        provider.answer(
            RelayTests.path,
            with: .events([call, #"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#]),
            .json(RelayTests.answer))
        let client = try HTTPClient(try DaemonProcess(openai: provider))
        let tools = #""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#
        let response = try client.chat(Self.body(#""stream":true,\#(tools)"#))
        #expect(response.text.contains(#""tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f""#))
        #expect(response.text.contains(#""finish_reason":"tool_calls""#))
        let second = try client.chat(
            #"{"model":"openai/gpt-4o","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},{"role":"tool","tool_call_id":"c1","content":"4"}],\#(tools)}"#
        )
        #expect(second.status == 200)
        #expect(provider.requests.last?.bodyText.contains(#""tool_call_id":"c1""#) == true)
    }

    @Test("a gateway gets members that only it knows; OpenAI does not, and there is a warning")
    func otherMembers() throws {
        let provider = try ScriptedProvider()
        provider.answer(RelayTests.path, with: .json(RelayTests.answer))
        let daemon = try DaemonProcess(
            openai: provider,
            file: "[providers.local]\nkind = \"openai-compatible\"\nendpoint = \"\(provider.url)/v1\"\n")
        let client = try HTTPClient(daemon)
        let more = #""chat_template_kwargs":{"enable_thinking":false}"#
        let ours = try client.chat(Self.body(more, model: "local/qwen"))
        #expect(ours.status == 200 && ours["x-ultra-warning"] == nil, "\(ours.text)")
        #expect(provider.requests.last?.bodyText.contains(more) == true)
        let theirs = try client.chat(Self.body(more))
        #expect(theirs["x-ultra-warning"] == "chat_template_kwargs was left out: it cannot be translated")
        #expect(provider.requests.last?.bodyText.contains("chat_template_kwargs") == false)
    }

    @Test("requests that are wrong, and those refused before they are read, are counted")
    func counted() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        let client = try HTTPClient(daemon)
        for body in ["{", #"{"messages":[]}"#] { _ = try client.chat(body) }
        _ = try client.ask("GET", "/v1/nothing")
        _ = try client.ask("GET", "/v1/chat/completions")
        let malformed = try HTTPClient(daemon)
        malformed.send("GET / HTTP/1.1\r\nHost : x\r\n\r\n")
        #expect(try malformed.next().status == 400)
        let counts = try Exposition(client.ask("GET", "/metrics").text)
        #expect(counts["ultrad_requests_total", ["op": "generate", "outcome": "invalid_request"]] == 2)
        for status in ["400", "404", "405"] {
            #expect(counts["ultrad_http_refused_total", ["status": status]] == 1, "\(status)")
        }
    }

    @Test("Ultra's own header fields")
    func ownFields() throws {
        let provider = try ScriptedProvider()
        provider.answer(RelayTests.path, with: .hangBeforeHead)
        let client = try HTTPClient(try DaemonProcess(openai: provider))
        let late = try client.chat(Self.body(), ["x-ultra-timeout-ms: 200"])
        #expect(late.status == 504 && late.error["code"] as? String == "timeout")
        let wrong = try client.chat(Self.body(), ["x-ultra-cache: sometimes"])
        #expect(wrong.status == 400 && wrong.error["param"] as? String == "x-ultra-cache")
    }

    @Test("a reader that stops holds back its upstream, and gets everything in the end")
    func slowReader() throws {
        let piece = String(repeating: "x", count: 4095)
        let rounds = 4000
        let provider = try ScriptedProvider()
        provider.answer(
            RelayTests.path,
            with: .stream(
                [.repeat(count: rounds, [.event(RelayTests.chunk(piece))])]
                    + [RelayTests.finish, "[DONE]"].map { Step.event($0) }))
        let daemon = try DaemonProcess(openai: provider)
        let bystander = try daemon.client()
        let client = try HTTPClient(daemon)
        let before = daemon.residentOwnBytes
        client.send(HTTPClient.request("POST", "/v1/chat/completions", body: Self.body(#""stream":true"#)))
        _ = try client.events(2)
        // Does not read while the daemon turns often enough to accept all it will.
        var most = before
        for _ in 0..<300 {
            _ = try bystander.ask(#"{"id":1,"op":"ping"}"#)
            most = max(most, daemon.residentOwnBytes)
        }
        #expect(most - before < 8 << 20, "\(before >> 10) KB before, \(most >> 10) KB at most")
        let response = try client.next()
        #expect(response.isComplete && response.events.count == rounds + 3)
    }
}
