import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// A recorded Responses body of another client, and the equivalent request of Ultra.
struct ResponsesBody {
    let fields: [String: Any]

    /// - Precondition: The recording has a body.
    init(_ recording: Recording) throws {
        fields = try #require(recording.requestBody as? [String: Any])
    }

    var model: String { fields["model"] as? String ?? "" }
    var isStream: Bool { fields["stream"] as? Bool ?? false }

    /// The items of the input; a plain text becomes one message.
    private var items: [[String: Any]] {
        (fields["input"] as? String).map { [["role": "user", "content": $0]] }
            ?? fields["input"] as? [[String: Any]] ?? []
    }

    func request() throws -> Request {
        var request = Request(messages: [])
        for item in items { try add(item, to: &request.messages) }
        request.sampling.maxTokens = fields["max_output_tokens"] as? Int
        request.sampling.temperature = fields["temperature"] as? Double
        request.tools = try (fields["tools"] as? [[String: Any]] ?? []).map { tool in
            Tool(
                name: try #require(tool["name"] as? String), description: tool["description"] as? String,
                parameters: try tool["parameters"].map(raw))
        }
        if let reasoning = fields["reasoning"] as? [String: Any], let effort = reasoning["effort"] as? String {
            request.reasoning = Reasoning(effort: Reasoning.Effort(rawValue: effort))
        }
        if let text = fields["text"] as? [String: Any], let format = text["format"] as? [String: Any] {
            let schema = try #require(format["schema"])
            request.responseFormat = .schema(
                name: try #require(format["name"] as? String), schema: try raw(schema),
                strict: format["strict"] as? Bool ?? false)
        }
        return request
    }

    /// The recorded body with the intended differences: the body Ultra must send.
    var ours: NSDictionary {
        var ours = fields
        ours["input"] = items
        ours["stream"] = isStream ? true : nil
        if isStream { ours["stream_options"] = ["include_obfuscation": false] }
        // Ultra never asks the service to store a response.
        ours["store"] = false
        if var reasoning = fields["reasoning"] as? [String: Any] {
            reasoning["summary"] = "auto"
            ours["reasoning"] = reasoning
        }
        ours["tools"] = (fields["tools"] as? [[String: Any]])?.map { tool in
            tool.merging(["strict": false]) { _, new in new }
        }
        return ours as NSDictionary
    }

    private func add(_ item: [String: Any], to messages: inout [Message]) throws {
        switch item["type"] as? String ?? "message" {
        case "reasoning":
            let reasoning = ReasoningItem(
                id: item["id"] as? String, encryptedContent: try #require(item["encrypted_content"] as? String))
            messages.append(Message(.assistant, [.reasoning(text: "", signature: reasoning.signature)]))
        case "function_call":
            let call = ToolCall(
                id: try #require(item["call_id"] as? String), name: try #require(item["name"] as? String),
                arguments: try #require(item["arguments"] as? String))
            // The call belongs to the message with the reasoning before it.
            try #require(messages.last?.role == .assistant)
            messages[messages.count - 1].toolCalls.append(call)
        case "function_call_output":
            messages.append(
                Message(
                    .tool, [.text(try #require(item["output"] as? String))],
                    toolCallID: try #require(item["call_id"] as? String)))
        default:
            let role = try #require((item["role"] as? String).flatMap(Message.Role.init))
            messages.append(Message(role, parts(item["content"])))
        }
    }

    private func parts(_ content: Any?) -> [Part] {
        if let text = content as? String { return [.text(text)] }
        return (content as? [[String: Any]] ?? []).compactMap { part in
            if let text = part["text"] as? String { return .text(text) }
            guard let url = part["image_url"] as? String else { return nil }
            let halves = url.dropFirst(5).components(separatedBy: ";base64,")
            return .imageData(mediaType: halves[0], base64: halves[1])
        }
    }

    private func raw(_ value: Any) throws -> RawJSON {
        RawJSON(validated: [UInt8](try JSONSerialization.data(withJSONObject: value)))
    }
}
