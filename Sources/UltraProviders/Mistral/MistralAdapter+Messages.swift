import UltraAPI

/// Encoding of the `messages` array in an order that Mistral accepts.
extension MistralAdapter {
    private static let maxImages = 8

    /// Brings `messages` into an order that Mistral accepts.
    /// - Throws: `bad_request` or `capability_missing` if that is impossible.
    func conversation(
        _ messages: [Message], _ rules: MistralRules, _ omitted: inout Omissions
    ) throws(UltraError) -> [Message] {
        // The API refuses an empty assistant message.
        let messages = messages.filter { $0.role != .assistant || !$0.toolCalls.isEmpty || $0.hasContent(rules) }
        var ordered: [Message] = []
        for message in MessageOrder.systemFirst(messages, mayFollowUser: true, &omitted) {
            if message.role == .user, ordered.last?.role == .tool {
                omitted.warn(
                    "\(omitted.model) does not take a user message after a tool message: the assistant message \"OK.\" was inserted"
                )
                ordered.append(Message(.assistant, [.text("OK.")]))
            }
            ordered.append(message)
        }
        try MessageOrder.checkResults(ordered, requiresAll: true, omitted)
        guard ordered.contains(where: { $0.role != .system }) else {
            throw omitted.badRequest("\(omitted.model) needs a message other than system messages")
        }
        var images = 0
        for message in ordered {
            images += message.parts.count { $0.isImage }
            let hasFile = message.parts.contains { if case .document = $0 { true } else { $0.isImage } }
            if hasFile, message.role == .system || message.role == .assistant {
                throw omitted.capabilityMissing("takes images and documents only in user and tool messages")
            }
        }
        if images > 0, !rules.takesImages { throw omitted.capabilityMissing("does not take images") }
        if images > Self.maxImages { throw omitted.capabilityMissing("takes \(Self.maxImages) images at most") }
        return ordered
    }

    func write(_ messages: [Message], _ rules: MistralRules, _ facts: WireFacts, _ json: inout JSONWriter) {
        /// The names of the tools called in the last assistant message, by call id.
        var names: [String: String] = [:]
        json.beginArray()
        for (index, message) in messages.enumerated() {
            json.beginObject()
            json.field("role", message.role.rawValue)
            switch message.role {
            case .system:
                json.field("content", message.parts.compactMap(\.textOrNil).joined(separator: "\n"))
            case .user:
                json.key("content")
                content(message.parts, &json)
            case .tool:
                json.key("content")
                content(message.parts, &json)
                json.fieldIfPresent("tool_call_id", message.toolCallID)
                json.fieldIfPresent("name", message.toolCallID.flatMap { names[$0] })
            case .assistant:
                names.removeAll(keepingCapacity: true)
                for call in message.toolCalls where names[call.id] == nil { names[call.id] = call.name }
                assistant(message, rules, &json)
                // The model continues this message.
                if index == messages.count - 1, !facts.omitted.contains("prefix") { json.field("prefix", true) }
            }
            json.endObject()
        }
        json.endArray()
    }

    /// Writes a single text as a string, and anything else as an array of chunks.
    private func content(_ parts: [Part], _ json: inout JSONWriter) {
        let parts = parts.filter { if case .cacheMarker = $0 { false } else { true } }
        if parts.count <= 1, case let text = parts.first?.textOrNil, parts.isEmpty || text != nil {
            return json.string(text ?? "")
        }
        json.beginArray()
        for part in parts {
            switch part {
            case .text(let text): chunk("text", text, &json)
            case .imageURL(let url): chunk("image_url", url, &json)
            case .imageData(let mediaType, let base64):
                chunk("image_url", "data:\(mediaType);base64,\(base64)", &json)
            case .document(let document): file(document, &json)
            case .reasoning, .cacheMarker: break
            }
        }
        json.endArray()
    }

    /// Writes a chunk such as `{"type":"text","text":…}`: the type is also the name of the member with the value.
    private func chunk(_ type: StaticString, _ value: String, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("type")
        json.string(type)
        json.field(type, value)
        json.endObject()
    }

    private func file(_ document: Document, _ json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "document_url")
        switch document.source {
        case .url(let url): json.field("document_url", url)
        case .data(let mediaType, let base64): json.field("document_url", "data:\(mediaType);base64,\(base64)")
        }
        json.fieldIfPresent("document_name", document.name)
        json.endObject()
    }

    private func assistant(_ message: Message, _ rules: MistralRules, _ json: inout JSONWriter) {
        if rules.reasoning != .none, message.parts.contains(where: \.isShownReasoning) {
            json.key("content")
            json.beginArray()
            for part in message.parts {
                switch part {
                case .text(let text): chunk("text", text, &json)
                case .reasoning(let text, let signature) where !text.isEmpty: thinking(text, signature, &json)
                case .reasoning, .imageURL, .imageData, .document, .cacheMarker: break
                }
            }
            json.endArray()
        } else {
            let text = message.parts.compactMap(\.textOrNil).joined(separator: "\n")
            if !text.isEmpty || message.toolCalls.isEmpty { json.field("content", text) }
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
            json.endObject()
        }
        json.endArray()
    }

    private func thinking(_ text: String, _ signature: String?, _ json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "thinking")
        json.key("thinking")
        json.beginArray()
        chunk("text", text, &json)
        json.endArray()
        json.fieldIfPresent("signature", signature)
        json.endObject()
    }
}

extension Message {
    /// True if any of the message's parts would be sent.
    fileprivate func hasContent(_ rules: MistralRules) -> Bool {
        parts.contains { part in
            switch part {
            case .text(let text): !text.isEmpty
            case .reasoning: rules.reasoning != .none && part.isShownReasoning
            case .imageURL, .imageData, .document: true
            case .cacheMarker: false
            }
        }
    }
}

extension Part {
    /// True for reasoning with text, as opposed to a signature alone.
    var isShownReasoning: Bool {
        if case .reasoning(let text, _) = self { !text.isEmpty } else { false }
    }
}
