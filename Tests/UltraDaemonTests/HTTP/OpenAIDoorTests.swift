import Foundation
import ScriptedProvider
import Testing

@Suite("Embeddings and models over HTTP")
struct OpenAIDoorTests {
    static let vectors =
        #"{"object":"list","model":"text-embedding-3-small","data":[{"object":"embedding","index":0,"embedding":[0.5,-0.25]},{"object":"embedding","index":1,"embedding":[1,2]}],"usage":{"prompt_tokens":4,"total_tokens":4}}"#

    @Test("embeddings as numbers and packed")
    func embeddings() throws {
        let provider = try ScriptedProvider()
        provider.answer("/v1/embeddings", with: .json(Self.vectors))
        let client = try HTTPClient(try DaemonProcess(openai: provider))
        let request = #"{"model":"openai/text-embedding-3-small","input":["a","b"]"#
        let floats = try client.ask("POST", "/v1/embeddings", body: request + "}")
        let data = floats.json["data"] as? [[String: Any]] ?? []
        #expect(data.map { $0["embedding"] as? [Double] } == [[0.5, -0.25], [1, 2]])
        #expect((floats.json["usage"] as? [String: Any])?["prompt_tokens"] as? Int == 4)
        #expect(floats["x-ultra-model"] == "openai/text-embedding-3-small")
        let packed = try client.ask("POST", "/v1/embeddings", body: request + #","encoding_format":"base64"}"#)
        // struct.pack("<2f", 1, 2) of Python.
        #expect((packed.json["data"] as? [[String: Any]])?.last?["embedding"] as? String == "AACAPwAAAEA=")
        let tokens = try client.ask("POST", "/v1/embeddings", body: #"{"input":[1,2]}"#)
        #expect(
            tokens.status == 400 && (tokens.error["message"] as? String)?.contains("check_embedding_ctx_length") == true
        )
    }

    static let list =
        #"{"object":"list","data":[{"id":"gpt-4o","object":"model","owned_by":"openai"},{"id":"text-embedding-3-small","object":"model"},{"id":"whisper-1","object":"model"}]}"#

    @Test("models, their other names and routes; one of them by any of its names")
    func models() throws {
        let provider = try ScriptedProvider()
        provider.answer("/v1/models", with: .json(Self.list))
        let daemon = try DaemonProcess(
            openai: provider,
            file: "[routes.quick]\nmodels = [\"openai/gpt-4o\"]\n[models.\"openai/gpt-4o\"]\naliases = [\"4o\"]\n")
        _ = try daemon.client().ask(#"{"id":1,"op":"probe","provider":"openai"}"#)
        let client = try HTTPClient(daemon)
        let list = try client.ask("GET", "/v1/models")
        let models = list.json["data"] as? [[String: Any]] ?? []
        let ids = models.compactMap { $0["id"] as? String }
        #expect(ids.contains("openai/gpt-4o") && ids.contains("openai/text-embedding-3-small"))
        #expect(ids.suffix(2) == ["4o", "quick"] && !ids.contains("openai/whisper-1"))
        #expect(
            models.allSatisfy { $0["object"] as? String == "model" && $0["created"] is Int && $0["owned_by"] is String }
        )
        for path in ["/v1/models/openai/gpt-4o", "/v1/models/openai%2Fgpt-4o", "/v1/models/4o", "/v1/models/gpt-4o"] {
            let one = try client.ask("GET", path)
            #expect(one.status == 200 && one.json["id"] as? String == "openai/gpt-4o", "\(path)")
        }
        #expect(try client.ask("GET", "/v1/models/quick").json["id"] as? String == "quick")
        for path in ["/v1/models/nobody", "/v1/models/openai%2Fgpt-9", "/v1/models/nobody%2Fx"] {
            let none = try client.ask("GET", path)
            #expect(none.status == 404 && none.error["code"] as? String == "model_not_found", "\(path)")
        }
    }
}
