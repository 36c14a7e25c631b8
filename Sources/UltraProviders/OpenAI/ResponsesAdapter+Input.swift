import UltraAPI

/// Encoding of the `input` array. Tool calls, their results and reasoning are separate items beside the messages.
extension ResponsesAdapter {
    func input(_ messages: [Message], _ json: inout JSONWriter) {
        json.beginArray()
        for message in messages {
            switch message.role {
            case .assistant:
                assistant(message, &json)
            case .tool:
                json.beginObject()
                json.field("type", "function_call_output")
                json.field("call_id", message.toolCallID ?? "")
                json.key("output")
                content(message.parts, &json)
                json.endObject()
            case .system, .user:
                json.beginObject()
                json.field("role", message.role.rawValue)
                json.key("content")
                content(message.parts, &json)
                json.endObject()
            }
        }
        json.endArray()
    }

    /// Writes text as one string, and anything else as an array of parts.
    private func content(_ parts: [Part], _ json: inout JSONWriter) {
        let texts = parts.compactMap(\.textOrNil)
        let hasOthers = parts.contains { $0.isImage || $0.isDocument }
        if !hasOthers, texts.count < 2 || !chat.dialect.takesTextParts {
            json.string(texts.joined(separator: "\n"))
            return
        }
        json.beginArray()
        for part in parts {
            switch part {
            case .text(let text): typed("input_text", "text", text, &json)
            case .imageURL(let url): typed("input_image", "image_url", url, &json)
            case .imageData(let mediaType, let base64):
                typed("input_image", "image_url", "data:\(mediaType);base64,\(base64)", &json)
            case .document(let document): file(document, &json)
            case .reasoning, .cacheMarker: break
            }
        }
        json.endArray()
    }

    private func file(_ document: Document, _ json: inout JSONWriter) {
        switch document.source {
        case .url(let url):
            typed("input_file", "file_url", url, &json)
        case .data(let mediaType, let base64):
            json.beginObject()
            json.field("type", "input_file")
            json.field("filename", document.fileName)
            json.field("file_data", "data:\(mediaType);base64,\(base64)")
            json.endObject()
        }
    }

    /// Writes reasoning, text and tool calls in the order of the original answer.
    private func assistant(_ message: Message, _ json: inout JSONWriter) {
        // The API refuses a reasoning item that is not followed by an output item.
        let elements = message.elements
        let lastOutput =
            elements.lastIndex { element in
                switch element {
                case .part(let part): part.textOrNil != nil
                case .call: true
                }
            } ?? -1
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            switch element {
            case .part(.text(let text)):
                texts.append(text)
            case .part(.reasoning(let text, let signature)):
                guard index < lastOutput, let item = signature.flatMap(ReasoningItem.init(signature:)) else { break }
                flush(&texts, &json)
                reasoning(item, summary: text, &json)
            case .part(.imageURL), .part(.imageData), .part(.document), .part(.cacheMarker):
                break
            case .call(let call):
                flush(&texts, &json)
                functionCall(call, &json)
            }
        }
        if texts.isEmpty, message.toolCalls.isEmpty { texts = [""] }
        flush(&texts, &json)
    }

    private func functionCall(_ call: ToolCall, _ json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "function_call")
        json.field("call_id", call.id)
        json.field("name", call.name)
        json.field("arguments", call.arguments)
        json.endObject()
    }

    private func flush(_ texts: inout [String], _ json: inout JSONWriter) {
        guard !texts.isEmpty else { return }
        json.beginObject()
        json.field("role", "assistant")
        json.key("content")
        json.beginArray()
        for text in texts { typed("output_text", "text", text, &json) }
        json.endArray()
        json.endObject()
        texts = []
    }

    private func reasoning(_ item: ReasoningItem, summary: String, _ json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "reasoning")
        json.fieldIfPresent("id", item.id)
        json.field("encrypted_content", item.encryptedContent)
        json.key("summary")
        json.beginArray()
        if !summary.isEmpty { typed("summary_text", "text", summary, &json) }
        json.endArray()
        json.endObject()
    }

    private func typed(_ type: String, _ name: StaticString, _ value: String, _ json: inout JSONWriter) {
        json.beginObject()
        json.field("type", type)
        json.field(name, value)
        json.endObject()
    }
}
