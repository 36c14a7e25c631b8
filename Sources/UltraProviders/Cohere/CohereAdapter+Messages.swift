import UltraAPI

/// Encoding of `messages` and `documents`.
extension CohereAdapter {
    private static let maxImages = 20

    /// Brings `messages` into an order and form that Cohere accepts.
    /// - Throws: `bad_request` or `capability_missing` if that is impossible.
    func conversation(
        _ messages: [Message], _ rules: CohereRules, _ omitted: inout Omissions
    ) throws(UltraError) -> [Message] {
        let ordered = MessageOrder.systemFirst(messages, &omitted)
        try MessageOrder.checkResults(ordered, requiresAll: false, omitted)
        let texts = ordered.prefix { $0.role == .system }.flatMap { $0.parts.compactMap(\.textOrNil) }
        let system = texts.filter { !$0.isEmpty }.joined(separator: "\n")
        var result = system.isEmpty ? [] : [Message(.system, [.text(system)])]
        var images = 0
        for message in ordered {
            let count = message.parts.count { $0.isImage }
            images += count
            if count > 0, message.role != .user {
                throw omitted.capabilityMissing("takes images only in user messages")
            }
            let hasDocument = message.parts.contains { if case .document = $0 { true } else { false } }
            let hasText = message.parts.contains { $0.textOrNil?.isEmpty == false }
            switch message.role {
            case .system:
                if hasDocument { throw omitted.capabilityMissing("takes documents only in user and tool messages") }
            case .user:
                guard hasText || count > 0 else {
                    throw omitted.badRequest("a user message has neither text nor images")
                }
                result.append(message)
            case .assistant:
                if hasDocument { throw omitted.capabilityMissing("takes documents only in user and tool messages") }
                // The API refuses an empty assistant message.
                let hasReasoning = rules.reasons && message.parts.contains(where: \.isShownReasoning)
                if hasText || hasReasoning || !message.toolCalls.isEmpty { result.append(message) }
            case .tool:
                result.append(message)
            }
        }
        if images > 0, !rules.takesImages { throw omitted.capabilityMissing("does not take images") }
        if images > Self.maxImages { throw omitted.capabilityMissing("takes \(Self.maxImages) images at most") }
        return result
    }

    /// The documents of user messages, which are sent apart from them. Documents of tool messages are only checked.
    /// - Throws: `capability_missing` for anything other than UTF-8 text.
    func documents(_ messages: [Message], _ omitted: Omissions) throws(UltraError) -> [CohereDocument] {
        var documents: [CohereDocument] = []
        for message in messages {
            for case .document(let document) in message.parts {
                guard let found = CohereDocument(document) else {
                    throw omitted.capabilityMissing("takes documents of UTF-8 text only, as data")
                }
                if message.role == .user { documents.append(found) }
            }
        }
        return documents
    }

    func write(_ documents: [CohereDocument], _ json: inout JSONWriter) {
        json.beginArray()
        for (index, document) in documents.enumerated() { document.write(id: "doc:\(index)", &json) }
        json.endArray()
    }

    func write(_ messages: [Message], _ rules: CohereRules, _ json: inout JSONWriter) {
        json.beginArray()
        for message in messages {
            json.beginObject()
            json.field("role", message.role.rawValue)
            switch message.role {
            case .system:
                json.field("content", message.parts.compactMap(\.textOrNil).joined(separator: "\n"))
            case .tool:
                json.fieldIfPresent("tool_call_id", message.toolCallID)
                json.key("content")
                result(message.parts, &json)
            case .user:
                json.key("content")
                content(message.parts, rules, &json)
            case .assistant:
                assistant(message, rules, &json)
            }
            json.endObject()
        }
        json.endArray()
    }

    /// Writes text as one string, and anything else as an array of items.
    private func result(_ parts: [Part], _ json: inout JSONWriter) {
        let texts = parts.compactMap(\.textOrNil)
        let documents = parts.compactMap { part in
            if case .document(let document) = part { CohereDocument(document) } else { nil }
        }
        guard !documents.isEmpty else { return json.string(texts.joined(separator: "\n")) }
        json.beginArray()
        for text in texts where !text.isEmpty { item(text, &json) }
        for document in documents {
            json.beginObject()
            json.field("type", "document")
            json.key("document")
            document.write(id: nil, &json)
            json.endObject()
        }
        json.endArray()
    }

    private func item(_ text: String, _ json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "text")
        json.field("text", text)
        json.endObject()
    }

    private func assistant(_ message: Message, _ rules: CohereRules, _ json: inout JSONWriter) {
        let isSent = message.parts.contains { part in
            part.textOrNil?.isEmpty == false || rules.reasons && part.isShownReasoning
        }
        if isSent {
            json.key("content")
            content(message.parts, rules, &json)
        }
        guard !message.toolCalls.isEmpty else { return }
        if !rules.reasons {
            // For models without reasoning, `tool_plan` was delivered as reasoning, so send it back as that.
            let plan = message.parts.compactMap { part -> String? in
                if case .reasoning(let text, _) = part { text } else { nil }
            }.joined()
            if !plan.isEmpty { json.field("tool_plan", plan) }
        }
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
            json.endObject()
        }
        json.endArray()
    }

    /// Writes a single text as a string, and anything else as an array of items, without empty ones, which the API
    /// refuses.
    private func content(_ parts: [Part], _ rules: CohereRules, _ json: inout JSONWriter) {
        let parts = parts.filter { part in
            switch part {
            case .text(let text): !text.isEmpty
            case .imageURL, .imageData: true
            case .reasoning: rules.reasons && part.isShownReasoning
            case .document, .cacheMarker: false
            }
        }
        if parts.count == 1, let text = parts[0].textOrNil { return json.string(text) }
        json.beginArray()
        for part in parts {
            json.beginObject()
            switch part {
            case .text(let text):
                json.field("type", "text")
                json.field("text", text)
            case .reasoning(let text, _):
                json.field("type", "thinking")
                json.field("thinking", text)
            case .imageURL(let url):
                image(url, &json)
            case .imageData(let mediaType, let base64):
                image("data:\(mediaType);base64,\(base64)", &json)
            case .document, .cacheMarker:
                break
            }
            json.endObject()
        }
        json.endArray()
    }

    private func image(_ url: String, _ json: inout JSONWriter) {
        json.field("type", "image_url")
        json.key("image_url")
        json.beginObject()
        json.field("url", url)
        json.endObject()
    }
}

/// A document in the form that Cohere accepts: text only.
struct CohereDocument {
    let title: String?
    let text: String

    /// Fails if the document is not text, not UTF-8 or given by URL.
    init?(_ document: Document) {
        guard case .data(let mediaType, let base64) = document.source,
            mediaType.hasPrefix("text/") || ["application/json", "application/xml"].contains(mediaType),
            let bytes = Base64.decoded(base64), let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        title = document.name
        self.text = text
    }

    func write(id: String?, _ json: inout JSONWriter) {
        json.beginObject()
        json.fieldIfPresent("id", id)
        json.key("data")
        json.beginObject()
        json.fieldIfPresent("title", title)
        json.field("text", text)
        json.endObject()
        json.endObject()
    }
}
