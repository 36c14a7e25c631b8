import UltraAPI

/// Encoding of the `messages` array: `content` is one string, `images` is beside it, and arguments are objects.
extension OllamaAdapter {
    func messages(_ messages: [Message], _ model: String) throws(UltraError) -> RawJSON {
        var json = JSONWriter()
        var names: [String: String] = [:]
        json.beginArray()
        for message in messages {
            for call in message.toolCalls { names[call.id] = call.name }
            json.beginObject()
            json.field("role", message.role.rawValue)
            json.field("content", message.parts.compactMap(\.textOrNil).joined(separator: "\n"))
            try images(of: message, model, &json)
            if message.role == .assistant { assistant(message, &json) }
            if let id = message.toolCallID {
                // Templates use the name; newer servers accept the id too.
                json.fieldIfPresent("tool_name", names[id])
                json.field("tool_call_id", id)
            }
            json.endObject()
        }
        json.endArray()
        return RawJSON(validated: json.bytes)
    }

    private func images(of message: Message, _ model: String, _ json: inout JSONWriter) throws(UltraError) {
        var images: [String] = []
        for part in message.parts {
            switch part {
            case .text, .reasoning, .cacheMarker:
                break
            case .imageData(let mediaType, let base64):
                guard ["image/png", "image/jpeg", "image/webp"].contains(mediaType) else {
                    throw refusal(
                        .capabilityMissing, model, "takes images as PNG, JPEG or WebP only", hint: "convert the image")
                }
                images.append(base64)
            case .imageURL:
                throw refusal(
                    .capabilityMissing, model, "takes images only as data: Ollama does not download URLs",
                    hint: "send the image itself, as media_type and data")
            case .document:
                throw refusal(
                    .capabilityMissing, model, "takes no documents",
                    hint: "send the document's text, or its pages as images")
            }
        }
        guard !images.isEmpty else { return }
        json.key("images")
        json.beginArray()
        for image in images { json.string(image) }
        json.endArray()
    }

    private func assistant(_ message: Message, _ json: inout JSONWriter) {
        let thinking = message.parts.compactMap { part -> String? in
            if case .reasoning(let text, _) = part { text } else { nil }
        }.joined()
        if !thinking.isEmpty { json.field("thinking", thinking) }
        guard !message.toolCalls.isEmpty else { return }
        json.key("tool_calls")
        json.beginArray()
        for call in message.toolCalls {
            json.beginObject()
            json.field("id", call.id)
            json.key("function")
            json.beginObject()
            json.field("name", call.name)
            json.field("arguments", call.object)
            json.endObject()
            json.endObject()
        }
        json.endArray()
    }
}
