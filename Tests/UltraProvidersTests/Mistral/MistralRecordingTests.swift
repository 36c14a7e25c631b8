import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// Every recorded exchange with Mistral.
@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct MistralRecordingTests {
    static let streams = [
        "mistral/chat_stream-01", "mistral/chat_stream-02", "mistral/reasoning_stream-01",
        "mistral/tool_results_stream-01", "mistral/tools_stream-01",
    ]

    static let documents = [
        "mistral/chat-01", "mistral/chat-02", "mistral/json_schema-01", "mistral/json_schema-02",
        "mistral/reasoning-01", "mistral/tool_results-01", "mistral/tools-01", "mistral/tools-02",
        "mistral/vision-01", "mistral/vision-02",
    ]

    static let errors = (1...6).map { "mistral/error-0\($0)" }

    static let replies = RecordedReplies(
        adapter: { _ in MistralAdapter.testing() }, streams: streams, documents: documents,
        errors: errors
    ) { text in
        RecordedReplies.endOfLine(of: #""finish_reason":"[a-z_]+""#, in: text)
    }

    @Test("a recorded embedding has its vector unchanged")
    func embeddings() throws {
        let recording = try Recording("mistral/embeddings-01")
        let found = try recording.body.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try MistralAdapter.testing().decodeEmbeddings(&reader)
        }
        #expect(found.vectors.count == 1)
        #expect(found.dimensions == 1024)
        #expect(found.providerModel == "mistral-embed")
        #expect(found.inputTokens == 11)
        let vector = String(decoding: found.vectors.first?.bytes ?? [], as: UTF8.self)
        #expect(vector.hasPrefix("[-0.04833984375,") && vector.hasSuffix(",0.004085540771484375]"))
    }
}
