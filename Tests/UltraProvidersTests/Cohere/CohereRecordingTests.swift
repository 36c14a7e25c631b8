import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// Every recorded exchange with version 2 of Cohere's API, except reranking, which Ultra does not have.
@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct CohereRecordingTests {
    static let streams = [
        "cohere/chat_stream-01", "cohere/chat_stream-02", "cohere/citations_stream-01", "cohere/error_stream-01",
        "cohere/tool_results_stream-01", "cohere/tools_stream-01",
    ]

    /// This recording is too long to be cut at every byte; its events are of the same kinds as those with citations.
    static let longStream = "cohere/reasoning_stream-01"

    static let documents = [
        "cohere/chat-01", "cohere/chat-02", "cohere/citations-01", "cohere/json_schema-01", "cohere/reasoning-01",
        "cohere/tool_results-01", "cohere/tools-01", "cohere/tools-02", "cohere/vision-01",
    ]

    static let errors = (1...4).map { "cohere/error-0\($0)" }

    static let replies = RecordedReplies(
        adapter: { _ in CohereAdapter.testing() }, streams: streams, longStreams: [longStream], documents: documents,
        errors: errors
    ) { text in
        text.contains(#""ERROR""#)
            ? nil : RecordedReplies.endOfLine(of: "event: message-end\ndata: ", in: text)
    }

    @Test("a recorded embedding has its vector unchanged")
    func embeddings() throws {
        let recording = try Recording("cohere/embeddings-01")
        let found = try recording.body.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try CohereAdapter.testing().decodeEmbeddings(&reader)
        }
        #expect(found.vectors.count == 1)
        #expect(found.dimensions == 1024)
        #expect(found.inputTokens == 7)
        let vector = String(decoding: found.vectors.first?.bytes ?? [], as: UTF8.self)
        #expect(vector.hasPrefix("[0.02832291,") && vector.hasSuffix(",0.027687868]"))
    }
}
