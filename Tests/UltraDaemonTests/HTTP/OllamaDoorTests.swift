import Foundation
import ScriptedProvider
import Testing

@Suite("Ollama's API over HTTP")
struct OllamaDoorTests {
    static func body(_ more: String = "", model: String = "openai/gpt-4o") -> String {
        #"{"model":"\#(model)","messages":[{"role":"user","content":"hi"}]"# + (more.isEmpty ? "" : ",") + more + "}"
    }

    static func lines(_ response: HTTPClient.Response) -> [[String: Any]] {
        response.text.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    static func content(_ line: [String: Any]) -> String? {
        (line["message"] as? [String: Any])?["content"] as? String
    }

    @Test("a stream of lines by default, and a unary answer if that is asked for")
    func answers() throws {
        let provider = try ScriptedProvider()
        provider.answer(
            RelayTests.path,
            with: .events([RelayTests.chunk("Hel"), RelayTests.chunk("lo"), RelayTests.finish, RelayTests.usage]),
            .json(RelayTests.answer))
        let client = try HTTPClient(try DaemonProcess(openai: provider))
        let stream = try client.ask("POST", "/api/chat", body: Self.body(#""keep_alive":"5m""#))
        #expect(stream.status == 200 && stream.isComplete && stream["content-type"] == "application/x-ndjson")
        #expect(stream["x-ultra-warning"] == "keep_alive was left out: it is for Ollama's servers")
        #expect(stream["x-ultra-model"] == "openai/gpt-4o" && stream["x-request-id"] == nil)
        let lines = Self.lines(stream)
        #expect(lines.compactMap(Self.content) == ["Hel", "lo", ""])
        #expect(lines.map { $0["done"] as? Bool } == [false, false, true])
        #expect(lines.last?["eval_count"] as? Int == 2 && lines.last?["done_reason"] as? String == "stop")
        #expect(lines.allSatisfy { $0["model"] as? String == "openai/gpt-4o" })
        let unary = try client.ask("POST", "/ollama/api/chat", body: Self.body(#""stream":false"#))
        #expect(unary["content-type"] == "application/json" && Self.content(unary.json) == "hello there")
    }

    @Test("a prompt, and one that is empty")
    func prompts() throws {
        let client = try HTTPServerTests.client()
        let answer = try client.ask(
            "POST", "/api/generate", body: #"{"model":"mock/echo:latest","prompt":"a b","stream":false}"#)
        #expect(answer.json["response"] as? String == "a b" && answer.json["model"] as? String == "mock/echo:latest")
        let loaded = try client.ask("POST", "/api/generate", body: #"{"model":"mock/echo"}"#)
        #expect(loaded.json["done_reason"] as? String == "load")
        let none = try client.ask("POST", "/api/generate", body: #"{"model":"nobody/x"}"#)
        #expect(none.status == 404 && none.json["error"] is String)
    }

    @Test("a failure has its status and a text; one in the stream is a line, and the body ends properly")
    func failures() throws {
        let provider = try ScriptedProvider()
        provider.answer(
            RelayTests.path, with: .json(#"{"error":{"message":"oops"}}"#, status: 500),
            .stream([.event(RelayTests.chunk("Hel")), .close]))
        let client = try HTTPClient(try DaemonProcess(openai: provider, file: "[retry]\nper_candidate = 0\n"))
        let failed = try client.ask("POST", "/api/chat", body: Self.body())
        #expect(failed.status == 502 && failed.json["error"] is String && failed["x-should-retry"] == "false")
        let cut = try client.ask("POST", "/api/chat", body: Self.body())
        let lines = Self.lines(cut)
        #expect(cut.status == 200 && cut.isComplete && lines.count == 2)
        #expect(lines.last?["error"] is String && lines.last?["done"] == nil)
    }

    @Test("models, and requests that manage model files")
    func models() throws {
        let client = try HTTPServerTests.client()
        let models = try client.ask("GET", "/api/tags").json["models"] as? [[String: Any]] ?? []
        let echo = models.first { $0["name"] as? String == "mock/echo" }
        #expect(echo?["size"] as? Int == 0)
        // printf mock/echo | sha256sum
        #expect(echo?["digest"] as? String == "99faf6ee5221d6d85e35c3435f0ee229f5340d1fd4a0cf55aa8f592e17f473b2")
        #expect(try client.ask("POST", "/api/show", body: #"{"name":"mock/echo"}"#).json["capabilities"] is [String])
        #expect(try client.ask("GET", "/api/version").json["version"] is String)
        #expect((try client.ask("GET", "/api/ps").json["models"] as? [Any])?.isEmpty == true)
        #expect(
            try client.ask("POST", "/api/pull", body: #"{"model":"mock/echo"}"#).text == "{\"status\":\"success\"}\n")
        let pulled = try client.ask("POST", "/api/pull", body: #"{"model":"nobody/x"}"#)
        #expect(pulled.status == 404 && (pulled.json["error"] as? String)?.contains("ollama pull") == true)
        for path in ["/api/push", "/api/create", "/api/copy", "/api/blobs/sha256:1"] {
            #expect(try client.ask("POST", path, body: "{}").status == 501, "\(path)")
        }
        let none = try client.ask("GET", "/api/nothing")
        #expect(none.status == 404 && (none.json["error"] as? String)?.contains("POST /api/chat") == true)
        let wrong = try client.ask("POST", "/api/chat", body: "{")
        #expect(wrong.status == 400 && wrong.json["error"] is String)
    }

    @Test("embeddings in both forms")
    func embeddings() throws {
        let provider = try ScriptedProvider()
        provider.answer("/v1/embeddings", with: .json(OpenAIDoorTests.vectors))
        let client = try HTTPClient(try DaemonProcess(openai: provider))
        let request = #"{"model":"openai/text-embedding-3-small","#
        let answer = try client.ask("POST", "/api/embed", body: request + #""input":["a","b"]}"#)
        #expect(answer.json["embeddings"] as? [[Double]] == [[0.5, -0.25], [1, 2]])
        #expect(answer.json["prompt_eval_count"] as? Int == 4)
        let empty = try client.ask("POST", "/api/embed", body: request + #""input":[]}"#)
        #expect((empty.json["embeddings"] as? [Any])?.isEmpty == true)
    }
}
