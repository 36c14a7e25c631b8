import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct ChatRecordedRequestTests {
    @Test(
        "a conversation another client had is sent as that client sent it",
        arguments: ChatRecordingTests.streams + ChatRecordingTests.documents + ["groq/error-01", "xai/error-01"])
    func request(name: String) throws {
        let recording = try Recording(name)
        let body = try ChatBody(recording)
        let endpoint = try Endpoint(
            recording.requestURL.replacingOccurrences(of: "/chat/completions", with: ""), versionPath: "")
        let dialect = Dialect.of(endpoint.host)
        let adapter = OpenAIAdapter(endpoint: endpoint, key: nil, dialect: dialect)
        let encoded = try adapter.encode(body.request(), model: body.model, isStream: body.isStream)
        let sent = try JSONSerialization.jsonObject(with: Data(encoded.http.body)) as? NSDictionary
        #expect(sent == body.ours(dialect))
        #expect(encoded.http.url == recording.requestURL)
        #expect(encoded.warnings.isEmpty)
    }

    @Test("OpenAI's list tells what answers chats, what embeds, and what does neither")
    func models() throws {
        let recording = try Recording("openai/models-01")
        let page = try recording.body.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try OpenAIAdapter.testing().decodeModels(&reader)
        }
        let kinds = Dictionary(uniqueKeysWithValues: page.models.map { ($0.id, $0.kind) })
        #expect(page.models.count == 135)
        #expect(page.next == nil)
        for id in [
            "gpt-4o", "gpt-5.4-mini", "o3", "o1-2024-12-17", "gpt-5-search-api", "gpt-3.5-turbo", "o1-pro",
            "gpt-5.1-codex-max", "computer-use-preview",
        ] {
            #expect(kinds[id] == .chat, "\(id)")
        }
        #expect(kinds["text-embedding-3-small"] == .embeddings)
        for id in [
            "whisper-1", "tts-1-hd", "dall-e-3", "gpt-image-1", "sora-2", "omni-moderation-latest", "babbage-002",
            "gpt-4o-realtime-preview", "gpt-4o-transcribe", "gpt-3.5-turbo-instruct", "gpt-audio-mini",
        ] {
            #expect(kinds[id] == .other, "\(id)")
        }
    }
}
