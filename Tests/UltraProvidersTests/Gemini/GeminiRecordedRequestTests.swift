import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct GeminiRecordedRequestTests {
    private static let names =
        GeminiRecordingTests.streams + GeminiRecordingTests.documents
        + ["gemini/error-01", "gemini/error-02", "gemini/error-03", "gemini/error-07", "vertex/blocked-01"]

    @Test("a conversation another client had is sent as that client sent it", arguments: names)
    func request(name: String) throws {
        let recording = try Recording(name)
        let body = try GeminiBody(recording)
        let base = try #require(recording.requestURL.components(separatedBy: "/models/").first)
        let adapter = GeminiAdapter(endpoint: try Endpoint(base, versionPath: "/v1beta"), key: nil)
        let encoded = try adapter.encode(body.request(), model: body.model, isStream: body.isStream)
        // Ultra streams with server-sent events only.
        let url = name == "gemini/chat_stream-03" ? recording.requestURL + "?alt=sse" : recording.requestURL
        try recording.expect(encoded, body.ours(), at: url)
    }

    @Test("the list gives the kind of each model: chat, embeddings or other")
    func models() throws {
        let recording = try Recording("gemini/models-02")
        let page = try read(recording) { (reader) throws(JSONError) in
            try GeminiAdapter.testing().decodeModels(&reader)
        }
        #expect(page.models.count == 50)
        #expect(page.next == "Ch9tb2RlbHMvdmVvLTMuMS1nZW5lcmF0ZS1wcmV2aWV3")
        let models = Dictionary(uniqueKeysWithValues: page.models.map { ($0.id, $0) })
        for id in ["gemini-2.5-flash", "gemini-3.6-flash", "gemini-pro-latest", "gemma-4-31b-it"] {
            #expect(models[id]?.kind == .chat, "\(id)")
        }
        for id in [
            "gemini-2.5-flash-preview-tts", "gemini-2.5-flash-image", "nano-banana-pro-preview", "lyria-3-pro-preview",
            "deep-research-preview-04-2026", "imagen-4.0-generate-001", "veo-3.1-generate-preview", "aqa",
        ] {
            #expect(models[id]?.kind == .other, "\(id)")
        }
        #expect(models["gemini-embedding-001"]?.kind == .embeddings)
        #expect(models["gemini-embedding-001"]?.capabilities == [.embeddings])
        #expect(models["gemini-embedding-001"]?.contextWindow == 2048)
        #expect(models["gemini-embedding-001"]?.maxOutputTokens == nil)
        let flash = try #require(models["gemini-2.5-flash"])
        #expect(flash.displayName == "Gemini 2.5 Flash")
        #expect(flash.contextWindow == 1_048_576)
        #expect(flash.maxOutputTokens == 65_536)
        #expect(flash.capabilities == [.chat, .streaming, .tools, .vision, .json, .jsonSchema, .reasoning])
        #expect(models["gemini-2.0-flash"]?.capabilities?.contains(.reasoning) == false)
        #expect(models["gemma-4-31b-it"]?.capabilities == [.chat, .streaming])
    }

    @Test("the last page has no next one, and its page was asked for by its token")
    func lastPage() throws {
        let recording = try Recording("gemini/models-01")
        let page = try read(recording) { (reader) throws(JSONError) in
            try GeminiAdapter.testing().decodeModels(&reader)
        }
        #expect(page.next == nil)
        #expect(page.models.map(\.kind) == [.other, .other, .other, .other])
    }

    @Test("recorded vectors are read", arguments: [("gemini/embeddings-01", 768), ("gemini/embeddings-02", 768)])
    func embeddings(name: String, dimensions: Int) throws {
        let recording = try Recording(name)
        let found = try read(recording) { (reader) throws(JSONError) in
            try GeminiAdapter.testing().decodeEmbeddings(&reader)
        }
        #expect(found.dimensions == dimensions)
        #expect(found.inputTokens == nil)
        let vector = try #require(try JSONSerialization.jsonObject(with: Data(found.vectors[0].bytes)) as? [Double])
        #expect(vector.count == dimensions)
        let reply = try JSONSerialization.jsonObject(with: Data(recording.body)) as? [String: Any]
        let embedding = try #require(reply?["embedding"] ?? (reply?["embeddings"] as? [Any])?.first)
        #expect((embedding as? [String: [Double]])?["values"] == vector)
    }

    @Test("texts to embed are sent as another client sent them")
    func embedRequest() throws {
        let recording = try Recording("gemini/embeddings-01")
        var request = EmbedRequest(input: ["Ruby is a programmer's best friend"])
        request.dimensions = 768
        let adapter = GeminiAdapter(
            endpoint: try Endpoint("https://generativelanguage.googleapis.com", versionPath: "/v1beta"), key: nil)
        let encoded = try adapter.encodeEmbed(request, model: "gemini-embedding-001")
        let sent = try JSONSerialization.jsonObject(with: Data(encoded.http.body)) as? NSDictionary
        #expect(sent == recording.requestBody as? NSDictionary)
        #expect(encoded.http.url == recording.requestURL)
    }

    private func read<T>(_ recording: Recording, _ body: (inout JSONReader) throws(JSONError) -> T) throws -> T {
        try JSONReader.read(recording.body) { (reader) throws(JSONError) in
            let result = try body(&reader)
            try reader.end()
            return result
        }
    }
}
