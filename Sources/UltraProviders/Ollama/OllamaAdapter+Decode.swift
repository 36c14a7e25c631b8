package import UltraAPI

/// Decoding of replies of `/api/chat`, and of `/api/generate`, whose text is not inside a message. A complete reply has
/// the same format as the last line of a stream.
extension OllamaAdapter {
    package func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        try decodeEvent(&reader, into: &reply)
    }

    package func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        var isDone = false
        var reason: String?
        var usage = Usage(source: .measured)
        var content = Content()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            // A value of another type must not count as an empty answer.
            case "message" where try reader.kind() != .null:
                try message(&reader, &content, &reply)
            case "model" where !reply.hasModel:
                reply.model(try reader.optionalString("model", &reply) ?? "")
            case "done":
                isDone = try reader.boolOrNull() ?? false
            case "done_reason":
                reason = try reader.stringOrNull()
            case "prompt_eval_count":
                usage.inputTokens = try reader.count()
            case "eval_count":
                usage.outputTokens = try reader.count()
            case "response":
                content.text = try reader.stringOrNull() ?? ""
            case "thinking":
                content.thinking = try reader.optionalString("thinking", &reply) ?? ""
            case "error":
                if try reader.hasValue() { reply.reportError() }
            default:
                try reader.skip()
            }
        }
        if isDone, reply.hasContent {
            // The last line of some servers repeats the whole answer.
            reply.receiveLast(
                ReplyContent(
                    parts: [.reasoning(content.thinking), .text(content.text)] + content.calls.map { .call($0) }))
        } else {
            deliver(content, &reply)
        }
        guard isDone else { return }
        // A count of 0 is omitted, and so is the count of a cached prompt, so a missing count is unknown.
        if usage.inputTokens != nil || usage.outputTokens != nil { reply.usage(usage) }
        reply.finish(reason ?? "stop")
        // The finish reason was empty or had no meaning.
        if reply.finishReason == nil, !reply.isError { reply.finish(.stop) }
        reply.end()
    }

    /// The content of one line. Thinking is delivered before the text in the same line.
    private struct Content {
        var thinking = ""
        var text = ""
        var calls: [CallAssembly.Piece] = []
    }

    private func deliver(_ content: Content, _ reply: inout ReplyState) {
        if content.thinking.isEmpty, reply.reasoningDigest.isEmpty {
            reply.text(content.text)
        } else {
            // With a template unknown to Ollama, the text contains the think tag as well.
            reply.reasoningField(content.thinking)
            reply.textWithThinkTag(content.text)
        }
        for call in content.calls { reply.toolCall(call) }
    }

    private func message(
        _ reader: inout JSONReader, _ content: inout Content, _ reply: inout ReplyState
    ) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "content": content.text = try reader.stringOrNull() ?? ""
            case "thinking": content.thinking = try reader.optionalString("thinking", &reply) ?? ""
            case "tool_calls" where try reader.kind() == .array:
                try reader.beginArray()
                while try reader.nextElement() { try toolCall(&reader, &content) }
            default: try reader.skip()
            }
        }
    }

    /// Decodes a tool call, which is always complete. Its `index` is ignored, because it restarts in every line.
    private func toolCall(_ reader: inout JSONReader, _ content: inout Content) throws(JSONError) {
        var call = CallAssembly.Piece(form: .own)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "id":
                call.id = try reader.text()
            case "function" where try reader.kind() == .object:
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "name": call.name = try reader.text()
                    // `arguments` is an object; the client gets its JSON text.
                    case "arguments": call.arguments = try reader.text() ?? ""
                    default: try reader.skip()
                    }
                }
            default:
                try reader.skip()
            }
        }
        if call.name?.isEmpty == false { content.calls.append(call) }
    }
}

/// Embeddings by `POST /api/embed`.
extension OllamaAdapter {
    package func encodeEmbed(_ request: EmbedRequest, model: String) throws(UltraError) -> EncodedRequest {
        var body = try RequestBody(request.providerOptions, provider: provider)
        body.member("model", model)
        body.member("input", request.input)
        body.member("dimensions", request.dimensions)
        return EncodedRequest(call("/api/embed", body.finish()))
    }

    package func decodeEmbeddings(_ reader: inout JSONReader) throws(JSONError) -> Embeddings {
        var result = Embeddings()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "embeddings":
                try reader.beginArray()
                while try reader.nextElement() {
                    let vector = try EmbeddingVector(&reader)
                    if result.vectors.isEmpty { result.dimensions = vector.count }
                    result.vectors.append(vector.json)
                }
            case "model": result.providerModel = try reader.text()
            case "prompt_eval_count": result.inputTokens = try reader.count()
            default: try reader.skip()
            }
        }
        return result
    }
}
