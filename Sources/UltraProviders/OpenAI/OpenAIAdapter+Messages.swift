import UltraAPI

/// The `messages` array: null and empty members are left out, since many servers refuse them.
extension OpenAIAdapter {
    func messages(_ messages: [Message], _ json: inout JSONWriter, _ omitted: inout Omissions) {
        json.beginArray()
        for message in messages {
            json.beginObject()
            json.field("role", message.role.rawValue)
            switch message.role {
            case .user:
                json.key("content")
                userContent(message.parts, &json, &omitted)
            case .assistant:
                assistant(message, &json, &omitted)
            case .system, .tool:
                json.field("content", text(of: message, &omitted))
                json.fieldIfPresent("tool_call_id", message.toolCallID)
            }
            json.endObject()
        }
        json.endArray()
    }

    /// A string if it is text alone, else parts.
    private func userContent(_ parts: [Part], _ json: inout JSONWriter, _ omitted: inout Omissions) {
        let texts = parts.compactMap(\.textOrNil)
        if texts.count == 1 && parts.count == 1 || texts.count == parts.count && !dialect.takesTextParts {
            json.string(texts.joined(separator: "\n"))
            return
        }
        json.beginArray()
        for part in parts {
            switch part {
            case .text(let text):
                json.beginObject()
                json.field("type", "text")
                json.field("text", text)
                json.endObject()
            case .imageURL(let url):
                image(url, &json)
            case .imageData(let mediaType, let base64):
                image("data:\(mediaType);base64,\(base64)", &json)
            case .document(let document):
                file(document, &json, &omitted)
            // Providers that speak this API keep prefixes by themselves.
            case .reasoning, .cacheMarker:
                break
            }
        }
        json.endArray()
    }

    private func image(_ url: String, _ json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "image_url")
        json.key("image_url")
        json.beginObject()
        json.field("url", url)
        json.endObject()
        json.endObject()
    }

    private func file(_ document: Document, _ json: inout JSONWriter, _ omitted: inout Omissions) {
        guard case .data(let mediaType, let base64) = document.source else {
            return omitted.warn("\(omitted.model) takes documents as data, not by URL: one was left out")
        }
        json.beginObject()
        json.field("type", "file")
        json.key("file")
        json.beginObject()
        json.field("filename", document.name ?? "document")
        json.field("file_data", "data:\(mediaType);base64,\(base64)")
        json.endObject()
        json.endObject()
    }

    private func assistant(_ message: Message, _ json: inout JSONWriter, _ omitted: inout Omissions) {
        let content = text(of: message, &omitted)
        if !content.isEmpty || message.toolCalls.isEmpty { json.field("content", content) }
        if dialect.takesReasoningBack {
            let reasoning = message.parts.compactMap { part -> String? in
                if case .reasoning(let text, _) = part { text } else { nil }
            }
            if !reasoning.isEmpty { json.field("reasoning_content", reasoning.joined()) }
        }
        guard !message.toolCalls.isEmpty else { return }
        json.key("tool_calls")
        json.beginArray()
        for call in message.toolCalls {
            json.beginObject()
            json.field("id", call.id)
            json.field("type", "function")
            json.key("function")
            json.beginObject()
            json.field("name", call.name)
            json.field("arguments", call.arguments.isEmpty ? "{}" : call.arguments)
            json.endObject()
            json.endObject()
        }
        json.endArray()
    }

    /// The text of a message that can hold nothing else. Reasoning of earlier turns is dropped without a word: no
    /// answer depends on it here.
    private func text(of message: Message, _ omitted: inout Omissions) -> String {
        if message.parts.contains(where: \.isImage) {
            omitted.warn(
                "\(omitted.model) takes images in user messages only: those of a \(message.role.rawValue) message "
                    + "were left out")
        }
        return message.parts.compactMap(\.textOrNil).joined(separator: "\n")
    }
}

extension Part {
    var textOrNil: String? {
        if case .text(let text) = self { text } else { nil }
    }

    var isImage: Bool {
        switch self {
        case .imageURL, .imageData: true
        case .text, .document, .reasoning, .cacheMarker: false
        }
    }
}
