import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct MistralRecordedRequestTests {
    @Test(
        "a recorded conversation of another client is encoded as that client did",
        arguments: MistralRecordingTests.streams + MistralRecordingTests.documents
            + ["mistral/error-01", "mistral/error-02", "mistral/error-04"])
    func request(name: String) throws {
        let recording = try Recording(name)
        let body = try ChatBody(recording)
        let endpoint = try Endpoint("https://api.mistral.ai", versionPath: "/v1")
        let encoded = try MistralAdapter(endpoint: endpoint, key: nil)
            .encode(body.request(), model: body.model, isStream: body.isStream)
        try recording.expect(
            encoded, ours(body), at: recording.requestURL.replacingOccurrences(of: "#stream", with: ""))
    }

    /// `body` with the intended differences: the body Ultra must send.
    private func ours(_ body: ChatBody) -> NSDictionary {
        var ours = body.fields
        // `false` is the default.
        if !body.isStream { ours["stream"] = nil }
        var names: [String: Any] = [:]
        ours["messages"] = (body.fields["messages"] as? [[String: Any]])?.map { message in
            var message = message
            for call in message["tool_calls"] as? [[String: Any]] ?? [] {
                if let id = call["id"] as? String { names[id] = (call["function"] as? [String: Any])?["name"] }
            }
            // An empty text beside calls is left out.
            if message["tool_calls"] != nil, message["content"] as? String == "" { message["content"] = nil }
            // The API recommends the tool's name, which the recording client left out.
            if let id = message["tool_call_id"] as? String { message["name"] = names[id] }
            return message
        }
        return ours as NSDictionary
    }

    @Test("Mistral's list gives each model once, with its aliases")
    func models() throws {
        let recording = try Recording("mistral/models-01")
        let page = try recording.body.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try MistralAdapter.testing().decodeModels(&reader)
        }
        #expect(page.next == nil)
        #expect(page.models.count == 33)
        let models = Dictionary(uniqueKeysWithValues: page.models.map { ($0.id, $0) })
        let all = page.models.flatMap { [$0.id] + $0.aliases }
        #expect(Set(all).count == all.count, "no id belongs to two models")
        #expect(models["mistral-medium-2508"]?.aliases == ["mistral-medium-latest", "mistral-medium"])
        // No card lists these aliases; they are derived from the name.
        #expect(
            models["devstral-2512"]?.aliases == [
                "mistral-vibe-cli-latest", "devstral-medium-latest", "devstral-latest",
            ])
        #expect(models["mistral-small-2506"]?.capabilities == [.chat, .streaming, .tools, .vision, .json, .jsonSchema])
        #expect(models["magistral-small-2509"]?.capabilities?.contains(.reasoning) == true)
        #expect(models["codestral-2508"]?.capabilities?.contains(.vision) == false)
        #expect(models["codestral-2508"]?.contextWindow == 256_000)
        #expect(models["open-mistral-7b"]?.retiresOn == "2026-01-31T12:00:00Z")
        #expect(models["mistral-large-2512"]?.retiresOn == nil)
        #expect(models["mistral-embed-2312"]?.kind == .embeddings)
        #expect(models["codestral-embed"]?.capabilities == [.embeddings])
        for id in ["mistral-moderation-2411", "mistral-ocr-2512", "voxtral-mini-transcribe-2507"] {
            #expect(models[id]?.kind == .other, "\(id)")
        }
        // Two models claim these ids; the first gets them.
        #expect(models["voxtral-mini-2507"]?.aliases == ["voxtral-mini-latest"])
        #expect(models["voxtral-mini-transcribe-2507"]?.aliases == [])
    }
}
