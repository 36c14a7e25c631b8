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

    private let checks = RecordingChecks(adapter: ResponsesAdapter(.testing()))

    @Test("a recorded stream says what is written down", arguments: streams)
    func stream(name: String) throws {
        try checks.expected(name, isStream: true)
    }

    @Test("a recorded document says what is written down, whatever was asked for", arguments: documents)
    func document(name: String) throws {
        try checks.expected(name, isStream: false)
        try checks.expected(name, isStream: true)
    }

    @Test("a recorded error says what is written down, whatever was asked for", arguments: errors)
    func error(name: String) throws {
        try checks.expected(name, isStream: false)
        try checks.expected(name, isStream: true)
    }

    @Test("a stream says the same wherever a read ends", arguments: streams)
    func split(name: String) throws {
        try checks.splits(name)
    }

    @Test("a stream cut at any byte is complete only with its last event", arguments: streams)
    func cut(name: String) throws {
        try checks.cuts(name) { text in
            let last = text.range(
                of: #"data: \{"type":"response\.(completed|incomplete)""#, options: .regularExpression)
            let end = last.flatMap { text.range(of: "\n", range: $0.upperBound..<text.endIndex)?.lowerBound }
            return end.map { text.utf8.distance(from: text.startIndex, to: $0) }
        }
    }

    @Test(
        "a conversation another client had is sent as that client sent it",
        arguments: streams + documents + ["openai/error-10"])
    func request(name: String) throws {
        let recording = try Recording(name)
        let body = try ResponsesBody(recording)
        let endpoint = try Endpoint(
            recording.requestURL.replacingOccurrences(of: "/responses", with: ""), versionPath: "")
        let adapter = ResponsesAdapter(OpenAIAdapter(endpoint: endpoint, key: nil, dialect: .openAI))
        let encoded = try adapter.encode(body.request(), model: body.model, isStream: body.isStream)
        let sent = try JSONSerialization.jsonObject(with: Data(encoded.http.body)) as? NSDictionary
        #expect(sent == body.ours)
        #expect(encoded.http.url == recording.requestURL)
        #expect(encoded.warnings.isEmpty)
    }
}
