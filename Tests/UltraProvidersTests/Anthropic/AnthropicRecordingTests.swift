import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// Every recorded exchange with the Messages API.
@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct AnthropicRecordingTests {
    static let streams = [
        "anthropic/chat_stream-01", "anthropic/chat_stream-02", "anthropic/error_stream-01",
        "anthropic/error_stream-02", "anthropic/json_schema_stream-01", "anthropic/reasoning_stream-01",
        "anthropic/reasoning_stream-02", "anthropic/server_tools_stream-01", "anthropic/tool_results_stream-01",
        "anthropic/tools_stream-01", "anthropic/vision_stream-01",
    ]

    static let documents = [
        "anthropic/chat-01", "anthropic/chat-02", "anthropic/chat-03", "anthropic/chat-04", "anthropic/document-01",
        "anthropic/json_schema-01", "anthropic/reasoning-01", "anthropic/reasoning-02", "anthropic/tool_results-01",
        "anthropic/tool_results-02", "anthropic/tools-01", "anthropic/tools-02", "anthropic/vision-01",
        "anthropic/vision-02",
    ]

    static let errors = [
        "anthropic/error-01", "anthropic/error-02", "anthropic/error-03", "anthropic/error-04", "anthropic/error-05",
        "anthropic/error-06", "anthropic/error-07",
    ]

    static let replies = RecordedReplies(
        adapter: { _ in AnthropicAdapter.testing() }, streams: streams, documents: documents,
        errors: errors
    ) { text in
        let marker = text.range(of: #""type":"message_stop" *\}"#, options: .regularExpression)
        return marker.map { text.utf8.distance(from: text.startIndex, to: $0.upperBound) }
    }

    @Test("a count of tokens is no answer")
    func count() throws {
        let recording = try Recording("anthropic/count_tokens-01")
        let outcome = Outcome(
            AnthropicAdapter.testing(), isStream: false, head: recording.head, body: recording.body[...])
        #expect(outcome.events.isEmpty)
        #expect(outcome.error?.code == .upstreamProtocol)
    }

    @Test("an old list of models has ids and names")
    func models() throws {
        let recording = try Recording("anthropic/models-01")
        let page = try recording.body.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try AnthropicAdapter.testing().decodeModels(&reader)
        }
        #expect(page.next == nil)
        #expect(page.models.count == 10)
        #expect(page.models.allSatisfy { $0.kind == .chat && $0.capabilities == nil && $0.contextWindow == nil })
        #expect(page.models.first?.id == "claude-opus-4-5-20251101")
        #expect(page.models.first?.displayName == "Claude Opus 4.5")
        #expect(page.models.last?.id == "claude-3-opus-20240229")
    }

    @Test("remaining limits are read from the header fields")
    func limits() throws {
        let limits = RateLimits(try Recording("anthropic/error-03").head, now: 1_754_955_960)
        let input = try #require(limits.windows.first { $0.name == "input-tokens" })
        #expect(input == .init(name: "input-tokens", limit: 200_000, remaining: 0, resetMilliseconds: 72_000))
        #expect(limits.windows.map(\.name).sorted() == ["input-tokens", "output-tokens", "requests", "tokens"])
    }
}
