package import UltraAPI

/// Replies of `/api/chat`, and of `/api/generate`, whose text is not inside a message. A whole reply and the last line
/// of a stream have one shape.
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
            // Of another type it would pass for an empty answer.
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
                if try reader.saysSomething() { reply.reportError() }
            default:
                try reader.skip()
            }
        }
        if isDone, reply.hasContent {
            // The last line of some servers is the whole answer once more.
            reply.receiveLast(
                ReplyContent(
                    parts: [.reasoning(content.thinking), .text(content.text)] + content.calls.map { .call($0) }))
        } else {
            deliver(content, &reply)
        }
        guard isDone else { return }
        // A count of 0 is left out, and so is that of a prompt that was cached: neither is known.
        if usage.inputTokens != nil || usage.outputTokens != nil { reply.usage(usage) }
        reply.finish(reason ?? "stop")
        // A word that says nothing.
        if reply.finishReason == nil, !reply.isError { reply.finish(.stop) }
        reply.end()
    }

    /// What one line says, in the order it is to be told: thinking came before the text beside it.
    private struct Content {
        var thinking = ""
        var text = ""
        var calls: [CallAssembly.Piece] = []
    }

    private func deliver(_ content: Content, _ reply: inout ReplyState) {
        if content.thinking.isEmpty, reply.saidReasoning.isEmpty {
            reply.text(content.text)
        } else {
            // Templates that Ollama does not know leave the tag in the text as well.
            reply.reasoningBesideText(content.thinking)
            reply.textWithThoughts(content.text)
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

    /// A call always comes whole. Its `index` starts again in every reply, so it tells nothing.
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
                    // The text of the object it is.
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
