import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// A recorded Chat Completions body of another client, and the equivalent request of Ultra.
struct ChatBody {
    let fields: [String: Any]

    /// - Precondition: The recording has a body.
    init(_ recording: Recording) throws {
        fields = try #require(recording.requestBody as? [String: Any])
    }

    var model: String { fields["model"] as? String ?? "" }
    var isStream: Bool { fields["stream"] as? Bool ?? false }

    func request() throws -> Request {
        var request = Request(messages: try (fields["messages"] as? [[String: Any]] ?? []).map(message))
        request.sampling.maxTokens = (fields["max_completion_tokens"] ?? fields["max_tokens"]) as? Int
        request.sampling.temperature = fields["temperature"] as? Double
        request.sampling.topP = fields["top_p"] as? Double
        request.sampling.seed = fields["seed"] as? Int
        request.tools = try (fields["tools"] as? [[String: Any]] ?? []).map { tool in
            let function = try #require(tool["function"] as? [String: Any])
            return Tool(
                name: try #require(function["name"] as? String), description: function["description"] as? String,
                parameters: try function["parameters"].map(raw))
        }
        if let choice = fields["tool_choice"] as? String {
            request.toolChoice = choice == "none" ? ToolChoice.none : .auto
        }
        if let effort = fields["reasoning_effort"] as? String {
            request.reasoning = Reasoning(effort: Reasoning.Effort(rawValue: effort))
        }
        if let format = fields["response_format"] as? [String: Any] {
            request.responseFormat = .json
            if let schema = format["json_schema"] as? [String: Any] {
                // Cohere's schema has no wrapper.
                request.responseFormat = .schema(
                    name: schema["name"] as? String ?? "answer", schema: try raw(schema["schema"] ?? schema),
                    strict: schema["strict"] as? Bool ?? false)
            }
        }
        return request
    }

    /// The recorded body with the intended differences: the body Ultra must send.
    func ours(_ dialect: Dialect) -> NSDictionary {
        var ours = fields
        // Ultra reads one alternative; the other members belong to features the protocol does not have.
        for name in ["n", "user", "logprobs"] { ours[name] = nil }
        if !isStream { ours["stream"] = nil }
        if isStream {
            ours["stream_options"] =
                dialect.obfuscates ? ["include_usage": true, "include_obfuscation": false] : ["include_usage": true]
        }
        if dialect.tokenLimit == .maxCompletionTokens, let limit = ours.removeValue(forKey: "max_tokens") {
            ours["max_completion_tokens"] = limit
        }
        ours["messages"] = (fields["messages"] as? [[String: Any]])?.map { message in
            var message = message
            // A single text is sent as a string.
            if let parts = message["content"] as? [[String: Any]], parts.count == 1, let text = parts[0]["text"] {
                message["content"] = text
            }
            return message
        }
        if var format = ours["response_format"] as? [String: Any], var schema = format["json_schema"] as? [String: Any]
        {
            schema["description"] = nil
            format["json_schema"] = schema
            ours["response_format"] = format
        }
        ours["tools"] = (fields["tools"] as? [[String: Any]])?.map { tool in
            var tool = tool
            var function = tool["function"] as? [String: Any]
            // The value is the default.
            function?["strict"] = nil
            tool["function"] = function
            return tool
        }
        return ours as NSDictionary
    }

    private func message(_ fields: [String: Any]) throws -> Message {
        let role = try #require((fields["role"] as? String).flatMap(Message.Role.init))
        var parts: [Part] = []
        if let text = fields["content"] as? String { parts = [.text(text)] }
        for part in fields["content"] as? [[String: Any]] ?? [] {
            if let text = part["text"] as? String { parts.append(.text(text)) }
            for thought in part["thinking"] as? [[String: String]] ?? [] {
                parts.append(.reasoning(text: thought["text"] ?? "", signature: nil))
            }
            // Mistral takes the URL without an object around it.
            let image = part["image_url"] as? [String: Any]
            guard let url = image?["url"] as? String ?? part["image_url"] as? String else { continue }
            let halves = url.dropFirst(5).components(separatedBy: ";base64,")
            parts.append(
                url.hasPrefix("data:") ? .imageData(mediaType: halves[0], base64: halves[1]) : .imageURL(url))
        }
        let calls = try (fields["tool_calls"] as? [[String: Any]] ?? []).map { call in
            let function = try #require(call["function"] as? [String: String])
            return ToolCall(
                id: try #require(call["id"] as? String), name: try #require(function["name"]),
                arguments: try #require(function["arguments"]))
        }
        return Message(role, parts, toolCalls: calls, toolCallID: fields["tool_call_id"] as? String)
    }

    private func raw(_ value: Any) throws -> RawJSON {
        RawJSON(validated: [UInt8](try JSONSerialization.data(withJSONObject: value)))
    }
}
