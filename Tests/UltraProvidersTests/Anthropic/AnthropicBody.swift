import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// A recorded Messages body of another client, and the equivalent request of Ultra.
struct AnthropicBody {
    let fields: [String: Any]

    /// - Precondition: The recording has a body.
    init(_ recording: Recording) throws {
        fields = try #require(recording.requestBody as? [String: Any])
    }

    var model: String { fields["model"] as? String ?? "" }
    var isStream: Bool { fields["stream"] as? Bool ?? false }

    func request() throws -> Request {
        var messages: [Message] = []
        if let system = fields["system"] as? [[String: Any]] {
            messages.append(Message(.system, try system.flatMap(parts)))
        }
        for message in fields["messages"] as? [[String: Any]] ?? [] { messages += try self.messages(message) }
        var request = Request(messages: messages)
        request.sampling.maxTokens = fields["max_tokens"] as? Int
        request.sampling.temperature = fields["temperature"] as? Double
        request.sampling.stop = fields["stop_sequences"] as? [String] ?? []
        request.tools = try (fields["tools"] as? [[String: Any]] ?? []).filter { $0["type"] == nil }.map { tool in
            Tool(
                name: try #require(tool["name"] as? String), description: tool["description"] as? String,
                parameters: try tool["input_schema"].map(raw))
        }
        if let thinking = fields["thinking"] as? [String: Any] {
            request.reasoning = Reasoning(budgetTokens: thinking["budget_tokens"] as? Int)
        }
        if let config = fields["output_config"] as? [String: Any], let format = config["format"] as? [String: Any] {
            request.responseFormat = .schema(
                name: "n", schema: try raw(try #require(format["schema"])), strict: true)
        }
        return request
    }

    /// The recorded body with the intended differences: the body Ultra must send.
    func ours() -> NSDictionary {
        var ours = fields
        if !isStream { ours["stream"] = nil }
        // The service's own tools belong to `provider_options`; an empty list is left out.
        if let tools = fields["tools"] as? [[String: Any]], tools.allSatisfy({ $0["type"] != nil }) {
            ours["tools"] = nil
        }
        if let thinking = fields["thinking"] as? [String: Any], thinking["display"] as? String == "summarized",
            thinking["type"] as? String == "enabled"
        {
            // The default of these models.
            ours["thinking"] = ["type": "enabled", "budget_tokens": thinking["budget_tokens"]]
        }
        ours["messages"] = (fields["messages"] as? [[String: Any]])?.map { message in
            var message = message
            message["content"] = Self.blocks(message["content"])
            return message
        }
        return ours as NSDictionary
    }

    /// Wraps a plain text in a block, and removes citations, which the protocol does not have.
    private static func blocks(_ content: Any?) -> Any? {
        if let text = content as? String { return [["type": "text", "text": text]] }
        return (content as? [[String: Any]])?.map { block in
            var block = block
            block["citations"] = nil
            if block["type"] as? String == "tool_result" { block["content"] = blocks(block["content"]) }
            return block
        }
    }

    /// The messages, with one message for each tool result of a user turn.
    private func messages(_ fields: [String: Any]) throws -> [Message] {
        let role: Message.Role = fields["role"] as? String == "user" ? .user : .assistant
        guard let blocks = Self.blocks(fields["content"]) as? [[String: Any]] else { return [] }
        let results = try blocks.filter { $0["type"] as? String == "tool_result" }.map { block in
            Message(
                .tool, try (block["content"] as? [[String: Any]] ?? []).flatMap(parts),
                toolCallID: block["tool_use_id"] as? String)
        }
        let calls = try blocks.filter { $0["type"] as? String == "tool_use" }.map { block in
            ToolCall(
                id: try #require(block["id"] as? String), name: try #require(block["name"] as? String),
                arguments: String(decoding: try raw(try #require(block["input"])).bytes, as: UTF8.self))
        }
        let message = Message(role, try blocks.flatMap(parts), toolCalls: calls)
        return message.parts.isEmpty && calls.isEmpty ? results : results + [message]
    }

    private func parts(_ block: [String: Any]) throws -> [Part] {
        let source = block["source"] as? [String: Any]
        let data = source?["data"] as? String ?? ""
        let mediaType = source?["media_type"] as? String ?? ""
        let part: Part
        switch block["type"] as? String {
        case "text": part = .text(try #require(block["text"] as? String))
        case "image" where source?["type"] as? String == "url":
            part = .imageURL(try #require(source?["url"] as? String))
        case "image": part = .imageData(mediaType: mediaType, base64: data)
        case "document":
            part = .document(Document(.data(mediaType: mediaType, base64: data), name: block["title"] as? String))
        case "thinking":
            part = .reasoning(
                text: try #require(block["thinking"] as? String), signature: block["signature"] as? String)
        default: return []
        }
        return [part] + (try block["cache_control"].map { [.cacheMarker(try raw($0))] } ?? [])
    }

    private func raw(_ value: Any) throws -> RawJSON {
        RawJSON(validated: [UInt8](try JSONSerialization.data(withJSONObject: value)))
    }
}
