import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct AnthropicRecordedRequestTests {
    /// Other recordings have requests that Ultra cannot express: files by id, schemas in a beta field.
    private static let names =
        AnthropicRecordingTests.streams + AnthropicRecordingTests.documents
        + ["anthropic/error-01", "anthropic/error-05", "anthropic/error-07"]

    @Test("a conversation another client had is sent as that client sent it", arguments: names)
    func request(name: String) throws {
        let recording = try Recording(name)
        let body = try AnthropicBody(recording)
        let endpoint = try Endpoint("https://api.anthropic.com", versionPath: "/v1")
        let encoded = try AnthropicAdapter(endpoint: endpoint, key: nil)
            .encode(body.request(), model: body.model, isStream: body.isStream)
        try recording.expect(encoded, body.ours())
    }
}
