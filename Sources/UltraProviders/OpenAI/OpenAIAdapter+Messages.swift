import UltraAPI

/// Encoding of the `messages` array. Null and empty members are left out, because many servers refuse them. The
/// exception is `content` of a message with tool calls, which some servers require.
extension OpenAIAdapter {
    /// - Parameter isThinking: true if the server requires the reasoning behind earlier tool calls.
    func messages(_ messages: [Message], isThinking: Bool, _ facts: WireFacts, _ json: inout JSONWriter) {
        json.beginArray()
        for message in messages {
            json.beginObject()
            json.field("role", message.role.rawValue)
            switch message.role {
            case .user:
                json.key("content")
                userContent(message.parts, &json)
            case .assistant:
                assistant(message, isThinking: isThinking, facts, &json)
            case .system, .tool:
                json.field("content", text(of: message))
                json.fieldIfPresent("tool_call_id", message.toolCallID)
            }
            json.endObject()
        }
        json.endArray()
    }

    /// Writes text as one string, and anything else as an array of parts.
    private func userContent(_ parts: [Part], _ json: inout JSONWriter) {
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
                file(document, &json)
            // Servers with this API cache prefixes without markers.
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

    private func file(_ document: Document, _ json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "file")
        json.key("file")
        json.beginObject()
        json.field("filename", document.fileName)
        switch document.source {
        case .url(let url): json.field("file_data", url)
        case .data(let mediaType, let base64): json.field("file_data", "data:\(mediaType);base64,\(base64)")
        }
        json.endObject()
        json.endObject()
    }

    private func assistant(_ message: Message, isThinking: Bool, _ facts: WireFacts, _ json: inout JSONWriter) {
        let content = text(of: message)
        if !content.isEmpty || message.toolCalls.isEmpty || facts.omitted.contains(RefusedMember.nullContent) {
            json.field("content", content)
        } else if dialect.requiresContent {
            json.key("content")
            json.null()
        }
        if dialect.takesReasoningDetails {
            if !facts.omitted.contains("reasoning_details") { reasoningDetails(message.parts, &json) }
        } else if !facts.omitted.contains("reasoning_content") {
            reasoningContent(message, isThinking: isThinking, &json)
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
            json.field("arguments", call.arguments)
            json.endObject()
            if dialect.signsCalls, let signature = call.signature { googleSignature(signature, &json) }
            json.endObject()
        }
        json.endArray()
    }

    /// Writes the message's reasoning; `RequestRepair` has removed what must not be sent.
    private func reasoningContent(_ message: Message, isThinking: Bool, _ json: inout JSONWriter) {
        let reasoning = message.parts.compactMap { part -> String? in
            if case .reasoning(let text, _) = part { text } else { nil }
        }.joined()
        if !reasoning.isEmpty {
            json.field("reasoning_content", reasoning)
        } else if dialect.requiresReasoning, isThinking, !message.toolCalls.isEmpty {
            // The server refuses calls without reasoning, but accepts a blank.
            json.field("reasoning_content", " ")
        }
    }

    private func reasoningDetails(_ parts: [Part], _ json: inout JSONWriter) {
        let details = parts.compactMap { part -> RawJSON? in
            guard case .reasoning(let text, let signature?) = part else { return nil }
            return ReasoningDetail.restored(signature, text: text)
        }
        guard !details.isEmpty else { return }
        json.key("reasoning_details")
        json.beginArray()
        for detail in details { json.raw(detail) }
        json.endArray()
    }

    private func googleSignature(_ signature: String, _ json: inout JSONWriter) {
        json.key("extra_content")
        json.beginObject()
        json.key("google")
        json.beginObject()
        json.field("thought_signature", signature)
        json.endObject()
        json.endObject()
    }

    /// The text of a message whose role cannot have attachments. Its reasoning is dropped without a warning, because no
    /// answer depends on it here.
    private func text(of message: Message) -> String {
        message.parts.compactMap(\.textOrNil).joined(separator: "\n")
    }
}

extension Part {
    var textOrNil: String? {
        if case .text(let text) = self { text } else { nil }
    }

    var isDocument: Bool {
        if case .document = self { true } else { false }
    }

    var isImage: Bool {
        switch self {
        case .imageURL, .imageData: true
        case .text, .document, .reasoning, .cacheMarker: false
        }
    }
}

/// The attachments that an API accepts in a conversation. Any other attachment is an error before anything is sent,
/// because without it the model would answer a different question.
struct Attachments {
    /// The roles whose messages may have attachments.
    var roles = usual
    var files = Dialect.Files.none

    private static let usual: Set<Message.Role> = [.user]

    /// Checks every attachment of a conversation.
    /// - Throws: `capability_missing` for the first one that the API does not accept.
    func check(_ messages: [Message], _ omitted: Omissions) throws(UltraError) {
        for message in messages {
            for part in message.parts {
                switch part {
                case .text, .reasoning, .cacheMarker: continue
                case .imageURL, .imageData: break
                case .document(let document): try check(document, omitted)
                }
                guard roles.contains(message.role) else {
                    throw omitted.capabilityMissing(
                        "takes no images or documents in \(message.role.rawValue) messages",
                        hint: "put them into a user message")
                }
            }
        }
    }

    private func check(_ document: Document, _ omitted: Omissions) throws(UltraError) {
        switch (document.source, files) {
        case (_, .none):
            throw omitted.capabilityMissing(
                "takes no documents", hint: "send the document's text, or its pages as images")
        case (.url, .pdf):
            throw omitted.capabilityMissing("takes documents as data, not by URL", hint: "send the document itself")
        case (.data(let mediaType, _), .pdf), (.data(let mediaType, _), .pdfOrURL):
            guard mediaType.lowercased() == "application/pdf" else {
                throw omitted.capabilityMissing(
                    "takes PDF documents only, not \(mediaType)", hint: "send the document's text, or a PDF")
            }
        case (.url, .pdfOrURL), (_, .any):
            break
        }
    }
}

extension Document {
    /// The document's name, or a default. Some providers rely on its extension.
    var fileName: String {
        if let name { return name }
        guard case .data(let mediaType, _) = source else { return "document" }
        switch mediaType.lowercased() {
        case "application/pdf": return "document.pdf"
        case let type where type.hasPrefix("text/"): return "document.txt"
        default: return "document"
        }
    }
}
