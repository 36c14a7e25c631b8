import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct CohereRecordedRequestTests {
    @Test(
        "a recorded conversation of another client is encoded as that client did",
        arguments: CohereRecordingTests.streams + CohereRecordingTests.documents
            + [CohereRecordingTests.longStream, "cohere/error-01", "cohere/error-02"])
    func request(name: String) throws {
        let recording = try Recording(name)
        let body = try ChatBody(recording)
        var request = try body.request()
        if body.fields["thinking"] != nil { request.reasoning = Reasoning(effort: .high) }
        for document in body.fields["documents"] as? [[String: Any]] ?? [] {
            let data = try #require(document["data"] as? [String: String])
            let base64 = Data((data["text"] ?? "").utf8).base64EncodedString()
            request.messages[request.messages.count - 1].parts.append(
                .document(Document(.data(mediaType: "text/plain", base64: base64), name: data["title"])))
        }
        let endpoint = try Endpoint("https://api.cohere.com", versionPath: "/v2")
        let encoded = try CohereAdapter(endpoint: endpoint, key: nil)
            .encode(request, model: body.model, isStream: body.isStream)
        try recording.expect(encoded, ours(body))
    }

    /// `body` with the intended differences: the body Ultra must send.
    private func ours(_ body: ChatBody) -> NSDictionary {
        var ours = body.fields
        // `false` is the default.
        if !body.isStream { ours["stream"] = nil }
        ours["messages"] = (body.fields["messages"] as? [[String: Any]])?.map { message in
            var message = message
            guard let items = message["content"] as? [[String: Any]], items.count == 1, let text = items[0]["text"]
            else { return message }
            // A single text is sent as a string; an empty one is left out.
            message["content"] = text as? String == "" ? nil : text
            return message
        }
        return ours as NSDictionary
    }
}
