import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// Every recorded exchange of the Responses API.
@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct ResponsesRecordingTests {
    static let streams = [
        "openai/responses_reasoning_stream-01", "openai/responses_stream-01", "openai/responses_tool_results_stream-01",
        "openai/responses_tools_stream-01", "openai/responses_truncated_stream-01",
    ]

    static let documents = [
        "openai/responses_chat-01", "openai/responses_json_schema-01", "openai/responses_reasoning-01",
        "openai/responses_tool_results-01", "openai/responses_tools-01", "openai/responses_vision-01",
    ]

    static let errors = ["openai/error-04", "openai/error-09", "openai/error-10"]

    static let replies = RecordedReplies(
        adapter: { _ in ResponsesAdapter(.testing()) }, streams: streams, documents: documents,
        errors: errors
    ) { text in
        RecordedReplies.endOfLine(of: #"data: \{"type":"response\.(completed|incomplete)""#, in: text)
    }

    @Test(
        "a recorded conversation of another client is encoded as that client did",
        arguments: streams + documents + ["openai/error-10"])
    func request(name: String) throws {
        let recording = try Recording(name)
        let body = try ResponsesBody(recording)
        let endpoint = try Endpoint(
            recording.requestURL.replacingOccurrences(of: "/responses", with: ""), versionPath: "")
        let adapter = ResponsesAdapter(OpenAIAdapter(endpoint: endpoint, key: nil, dialect: .openAI))
        let encoded = try adapter.encode(body.request(), model: body.model, isStream: body.isStream)
        try recording.expect(encoded, body.ours)
    }
}
