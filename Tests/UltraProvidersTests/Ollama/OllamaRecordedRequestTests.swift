import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct OllamaRecordedRequestTests {
    @Test(
        "a recorded conversation of another client is encoded as that client did",
        arguments: OllamaRecordingTests.documents + ["ollama/error-01"]
            + OllamaRecordingTests.streams.filter { !$0.contains("generate") })
    func request(name: String) throws {
        let recording = try Recording(name)
        let fields = try #require(recording.requestBody as? [String: Any])
        let isStream = fields["stream"] as? Bool ?? true
        let host = recording.requestURL.replacingOccurrences(of: "/api/chat", with: "")
        let adapter = OllamaAdapter(endpoint: try Endpoint(host, versionPath: ""))
        var facts = WireFacts()
        facts.window = .server
        let encoded = try adapter.encode(
            try request(fields), model: try #require(fields["model"] as? String), isStream: isStream, facts: facts)
        try recording.expect(encoded, ours(fields))
    }

    private func request(_ fields: [String: Any]) throws -> Request {
        var request = Request(messages: try (fields["messages"] as? [[String: Any]] ?? []).map(message))
        let options = fields["options"] as? [String: Any] ?? [:]
        request.sampling.maxTokens = options["num_predict"] as? Int
        request.sampling.temperature = options["temperature"] as? Double
        request.sampling.seed = options["seed"] as? Int
        request.tools = try (fields["tools"] as? [[String: Any]] ?? []).map { tool in
            let function = try #require(tool["function"] as? [String: Any])
            return Tool(
                name: try #require(function["name"] as? String), description: function["description"] as? String,
                parameters: try function["parameters"].map(raw))
        }
        if let schema = fields["format"] as? [String: Any] {
            request.responseFormat = .schema(name: "answer", schema: try raw(schema), strict: true)
        }
        return request
    }

    /// Adds ids to calls, which had none when the recordings were made.
    private func message(_ fields: [String: Any]) throws -> Message {
        let calls = try (fields["tool_calls"] as? [[String: Any]] ?? []).map { call in
            let function = try #require(call["function"] as? [String: Any])
            let arguments = try JSONSerialization.data(withJSONObject: try #require(function["arguments"]))
            return ToolCall(
                id: "call_1", name: try #require(function["name"] as? String),
                arguments: String(decoding: arguments, as: UTF8.self))
        }
        let role = try #require((fields["role"] as? String).flatMap(Message.Role.init))
        return Message(
            role, [.text(try #require(fields["content"] as? String))], toolCalls: calls,
            toolCallID: role == .tool ? "call_1" : nil)
    }

    private func raw(_ value: Any) throws -> RawJSON {
        RawJSON(validated: [UInt8](try JSONSerialization.data(withJSONObject: value)))
    }

    /// The recorded body with the intended differences: the body Ultra must send.
    private func ours(_ fields: [String: Any]) -> NSDictionary {
        var ours = fields
        // An empty member is left out.
        if ours["format"] as? String == "" { ours["format"] = nil }
        if (ours["options"] as? [String: Any])?.isEmpty == true { ours["options"] = nil }
        if ours["keep_alive"] is NSNull { ours["keep_alive"] = nil }
        if (ours["tools"] as? [Any])?.isEmpty == true { ours["tools"] = nil }
        // Copies of `format` and of the function's name, under names that the API does not have.
        ours["schema"] = nil
        ours["tools"] = (ours["tools"] as? [[String: Any]])?.map { tool in tool.filter { $0.key != "name" } }
        var names: [String] = []
        ours["messages"] = (fields["messages"] as? [[String: Any]])?.map { message in
            var message = message
            message["tool_calls"] = (message["tool_calls"] as? [[String: Any]])?.map { call in
                names += [(call["function"] as? [String: Any])?["name"] as? String].compactMap { $0 }
                return call.merging(["id": "call_1"]) { $1 }
            }
            if message["role"] as? String == "tool" {
                message["tool_call_id"] = "call_1"
                message["tool_name"] = names.last
            }
            return message
        }
        return ours as NSDictionary
    }
}
