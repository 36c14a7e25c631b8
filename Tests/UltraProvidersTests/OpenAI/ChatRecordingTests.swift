import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// Every recorded Chat Completions exchange of OpenAI and of servers with its API.
@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct ChatRecordingTests {
    static let streams = [
        "openai/chat_stream-01", "openai/chat_stream-02", "openai/chat_stream-03", "openai/error_stream-01",
        "openai/json_schema_stream-01", "openai/tool_results_stream-01", "openai/tools_stream-01",
        "openai/tools_stream-02", "openai/vision_stream-01", "deepseek/tools_stream-01", "groq/error_stream-01",
        "groq/tools_stream-01", "ollama/openai_tools_stream-01", "xai/chat_stream-01",
    ]

    static let documents = [
        "openai/blocked-01", "openai/chat-01", "openai/chat-02", "openai/chat-03", "openai/json_schema-01",
        "openai/reasoning-01", "openai/tool_results-01", "openai/tools-01", "openai/tools-02", "openai/vision-01",
        "azure/blocked-01", "deepseek/chat-01", "deepseek/reasoning-01", "groq/chat-01", "ollama/openai_chat-01",
    ]

    static let errors = [
        "openai/error-01", "openai/error-02", "openai/error-03", "openai/error-04", "openai/error-05",
        "openai/error-06", "openai/error-07", "openai/error-08", "openai/error-09", "openai/error-10",
        "azure/error-01", "azure/error-02", "azure/error-03", "deepseek/error-01", "deepseek/error-02",
        "groq/error-01", "groq/error-02", "ollama/error-03", "xai/error-01", "xai/error-02",
    ]

    static let replies = RecordedReplies(
        adapter: { name in
            // The recorded server.
            OpenAIAdapter.testing(provider: String(name.prefix { $0 != "/" }))
        }, streams: streams, documents: documents,
        errors: errors
    ) { text in
        // The reply is complete with the chunk that has the finish reason.
        RecordedReplies.endOfLine(of: #""finish_reason":"[a-z_]+""#, in: text)
    }

    @Test(
        "a recorded conversation of another client is encoded as that client did",
        arguments: streams + documents + ["groq/error-01", "xai/error-01"])
    func request(name: String) throws {
        let recording = try Recording(name)
        let body = try ChatBody(recording)
        let endpoint = try Endpoint(
            recording.requestURL.replacingOccurrences(of: "/chat/completions", with: ""), versionPath: "")
        let dialect = Dialect.of(endpoint.host)
        let adapter = OpenAIAdapter(endpoint: endpoint, key: nil, dialect: dialect)
        let encoded = try adapter.encode(body.request(), model: body.model, isStream: body.isStream)
        try recording.expect(encoded, body.ours(dialect))
    }

    @Test("OpenAI's list gives the kind of each model: chat, embeddings or other")
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
