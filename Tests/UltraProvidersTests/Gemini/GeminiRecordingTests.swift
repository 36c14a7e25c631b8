import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// Every recorded exchange with Gemini.
@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct GeminiRecordingTests {
    static let streams = [
        "gemini/chat_stream-01", "gemini/chat_stream-02", "gemini/document_stream-01", "gemini/reasoning_stream-01",
        "gemini/tool_results_stream-01", "gemini/tools_stream-01", "gemini/vision_stream-01",
    ]

    static let documents = [
        "gemini/blocked-01", "gemini/chat-01", "gemini/chat-02", "gemini/chat_stream-03", "gemini/json_schema-01",
        "gemini/json_schema-02", "gemini/reasoning-01", "gemini/server_tools-01", "gemini/tool_results-01",
        "gemini/tool_results-02", "gemini/tools-01", "gemini/tools-02", "gemini/vision-01",
    ]

    static let errors = [
        "gemini/error-01", "gemini/error-02", "gemini/error-03", "gemini/error-04", "gemini/error-05",
        "gemini/error-06", "gemini/error-07", "vertex/blocked-01",
    ]

    static let replies = RecordedReplies(
        adapter: { _ in GeminiAdapter.testing() }, streams: streams, documents: documents,
        errors: errors
    ) { text in
        // The reply is complete with the chunk that has the finish reason, except for the chunk's line end.
        guard let finish = text.range(of: #""finishReason":"#) else { return nil }
        let rest = text[finish.upperBound...].utf8
        return rest.firstIndex { $0 == 13 || $0 == 10 }.map { text.utf8.distance(from: text.startIndex, to: $0) }
    }

    @Test("an array of chunks that is cut is no answer")
    func cutArray() throws {
        let recording = try Recording("gemini/chat_stream-03")
        let length = try #require(recording.body.lastIndex(of: UInt8(ascii: "]")))
        for cut in 0..<length {
            let found = Outcome(
                GeminiAdapter.testing(), isStream: true, head: recording.head, body: recording.body[..<cut])
            try #require(found.error?.code == .upstreamProtocol, "cut at \(cut)")
            try #require(found.error?.isRetryable == true)
            try #require(found.events.isEmpty)
        }
    }

    @Test("signatures arrive byte for byte")
    func signatures() throws {
        for name in Self.streams + Self.documents where name != "gemini/server_tools-01" {
            let recording = try Recording(name)
            let text = String(decoding: recording.body, as: UTF8.self)
            let sent = text.matches(of: #/"thoughtSignature": "([^"]*)"/#).map { String($0.1) }
            let outcome = Outcome(
                GeminiAdapter.testing(), isStream: true, head: recording.head, body: recording.body[...])
            let found = outcome.events.compactMap { event -> String? in
                switch event {
                case .reasoningSignature(let signature): signature
                case .toolCall(let call): call.signature
                default: nil
                }
            }
            #expect(found == sent, "\(name)")
        }
    }
}
