import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// A recorded `generateContent` body of another client, and the equivalent request of Ultra.
struct GeminiBody {
    let fields: [String: Any]
    let model: String
    let isStream: Bool

    init(_ recording: Recording) throws {
        fields = try #require(recording.requestBody as? [String: Any])
        let call = try #require(recording.requestURL.components(separatedBy: "/models/").last)
        model = call.components(separatedBy: ":")[0]
        isStream = call.contains(":streamGenerateContent")
    }

    private var contents: [[String: Any]] { fields["contents"] as? [[String: Any]] ?? [] }
    private var generation: [String: Any] { fields["generationConfig"] as? [String: Any] ?? [:] }

    func request() throws -> Request {
        var request = Request(messages: [])
        if let system = fields["systemInstruction"] as? [String: Any] {
            let parts = try #require(system["parts"] as? [[String: String]])
            request.messages.append(Message(.system, parts.compactMap { $0["text"].map(Part.text) }))
        }
        var calls: [ToolCall] = []
        for content in contents {
            let parts = try #require(content["parts"] as? [[String: Any]])
            if parts.contains(where: { $0["functionResponse"] != nil }) {
                for (part, call) in zip(parts, calls) {
                    let response = try #require(part["functionResponse"] as? [String: Any])
                    let result = String(decoding: try raw(try #require(response["response"])).bytes, as: UTF8.self)
                    request.messages.append(Message(.tool, [.text(result)], toolCallID: call.id))
                }
                continue
            }
            let isModel = content["role"] as? String == "model"
            var message = Message(isModel ? .assistant : .user, [])
            for part in parts { try add(part, to: &message) }
            calls = message.toolCalls
            request.messages.append(message)
        }
        request.sampling.temperature = generation["temperature"] as? Double
        request.sampling.stop = generation["stopSequences"] as? [String] ?? []
        if let thinking = generation["thinkingConfig"] as? [String: Any] {
            request.reasoning = Reasoning(
                effort: (thinking["thinkingLevel"] as? String).flatMap(Reasoning.Effort.init),
                isIncluded: thinking["includeThoughts"] as? Bool ?? false)
        }
        if let schema = generation["responseJsonSchema"] ?? generation["responseSchema"] {
            request.responseFormat = .schema(name: "answer", schema: try raw(schema), strict: true)
        }
        var options: [String: Any] = [:]
        for name in ["safetySettings", "modelArmorConfig"] { options[name] = fields[name] }
        if let modalities = generation["responseModalities"] {
            options["generationConfig"] = ["responseModalities": modalities]
        }
        for tool in fields["tools"] as? [[String: Any]] ?? [] {
            guard let functions = tool["functionDeclarations"] as? [[String: Any]] else {
                options["tools"] = fields["tools"]
                continue
            }
            request.tools += try functions.map { function in
                Tool(
                    name: try #require(function["name"] as? String), description: function["description"] as? String,
                    parameters: try function["parameters"].map(raw))
            }
        }
        if !options.isEmpty { request.providerOptions["gemini"] = try raw(options) }
        return request
    }

    /// The recorded body with the intended differences: the body Ultra must send.
    func ours() -> NSDictionary {
        var ours = fields
        if var system = ours["systemInstruction"] as? [String: Any] {
            // The service ignores this role.
            system["role"] = nil
            ours["systemInstruction"] = system
        }
        var generation = generation
        // The same schema as JSON Schema, which newer models take.
        if let schema = generation.removeValue(forKey: "responseSchema") {
            generation["responseJsonSchema"] = lowercased(schema)
        }
        if var thinking = generation["thinkingConfig"] as? [String: Any] {
            if let level = thinking["thinkingLevel"] as? String { thinking["thinkingLevel"] = level.uppercased() }
            generation["thinkingConfig"] = thinking
        }
        // An empty object is left out.
        ours["generationConfig"] = generation.isEmpty ? nil : generation
        ours["tools"] = (fields["tools"] as? [[String: Any]])?.map { tool in
            guard let functions = tool["functionDeclarations"] as? [[String: Any]] else { return tool }
            return [
                "functionDeclarations": functions.map { function in
                    var function = function
                    let parameters = function.removeValue(forKey: "parameters") as? [String: Any]
                    // Empty parameters are left out: older models refuse an object without properties.
                    if let parameters, (parameters["properties"] as? [String: Any])?.isEmpty == false {
                        function["parametersJsonSchema"] = lowercased(parameters)
                    }
                    return function
                }
            ]
        }
        let takesIDs = GeminiRules.of(model).takesCallIDs
        ours["contents"] = contents.enumerated().map { turn, content in
            var content = content
            let parts = content["parts"] as? [[String: Any]] ?? []
            // Reasoning is not sent back; its signature goes on the text that followed it.
            let thought = parts.first { $0["thought"] != nil }
            content["parts"] = parts.filter { $0["thought"] == nil }.enumerated().map { index, part in
                var part = part
                if index == 0, let signature = thought?["thoughtSignature"] { part["thoughtSignature"] = signature }
                if let data = part.removeValue(forKey: "inline_data") as? [String: Any] {
                    part["inlineData"] = ["mimeType": data["mime_type"], "data": data["data"]]
                }
                // The id of a call is sent to models that take one.
                for name in ["functionCall", "functionResponse"] where takesIDs {
                    guard var call = part[name] as? [String: Any] else { continue }
                    call["id"] = "call_\(index)"
                    part[name] = call
                }
                return part
            }
            return content
        }
        return ours as NSDictionary
    }

    private func add(_ part: [String: Any], to message: inout Message) throws {
        let signature = part["thoughtSignature"] as? String
        if let call = part["functionCall"] as? [String: Any] {
            let arguments = String(decoding: try raw(try #require(call["args"])).bytes, as: UTF8.self)
            message.toolCalls.append(
                ToolCall(
                    id: "call_\(message.toolCalls.count)", name: try #require(call["name"] as? String),
                    arguments: arguments, signature: signature))
        } else if let data = (part["inlineData"] ?? part["inline_data"]) as? [String: String] {
            let mediaType = try #require(data["mimeType"] ?? data["mime_type"])
            let base64 = try #require(data["data"])
            message.parts.append(
                mediaType.hasPrefix("image/")
                    ? .imageData(mediaType: mediaType, base64: base64)
                    : .document(Document(.data(mediaType: mediaType, base64: base64))))
        } else if let text = part["text"] as? String {
            message.parts.append(part["thought"] == nil ? .text(text) : .reasoning(text: text, signature: signature))
        }
    }

    private func lowercased(_ schema: Any) -> Any {
        if let list = schema as? [Any] { return list.map(lowercased) }
        guard var fields = schema as? [String: Any] else { return schema }
        for (name, value) in fields {
            fields[name] = name == "type" ? (value as? String)?.lowercased() ?? value : lowercased(value)
        }
        return fields
    }

    private func raw(_ value: Any) throws -> RawJSON {
        RawJSON(validated: [UInt8](try JSONSerialization.data(withJSONObject: value)))
    }
}
