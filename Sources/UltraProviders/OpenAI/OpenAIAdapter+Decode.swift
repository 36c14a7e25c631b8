package import UltraAPI

/// Decoding of Chat Completions replies. A unary reply has `message` where a chunk of a stream has `delta`. Some
/// servers also put `message`, with all content so far, into chunks.
extension OpenAIAdapter {
    package func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        try decodeEvent(&reader, into: &reply)
    }

    package func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        var isAnswer = reader.resume(after: reply.opening)
        if isAnswer {
            try choices(&reader, &reply)
        } else {
            try reader.beginObject()
        }
        // True once the event has a member that matters in every event, not only in the first.
        var hasEventMember = false
        var hasMessage = false
        while let key = try reader.nextKey() {
            switch key {
            case "choices":
                isAnswer = true
                if !hasEventMember, !reply.isDocument, let opening = reader.openingBytes {
                    reply.remember(opening: opening)
                }
                try choices(&reader, &reply)
            case "model" where !reply.hasModel:
                reply.model(try reader.text() ?? "")
            case "usage":
                hasEventMember = true
                try usage(&reader, &reply)
            case "object":
                // Older vLLM sends a flat {"object":"error","message":…}.
                if try reader.raw().elementsEqual("\"error\"".utf8) {
                    hasEventMember = true
                    reply.reportError()
                }
            case "error", "detail":
                hasEventMember = true
                if try reader.hasValue() { reply.reportError() }
            case "message" where try reader.kind() == .string:
                hasMessage = try reader.hasValue()
            case "x_groq":
                hasEventMember = true
                try groq(&reader, &reply)
            default:
                try reader.skip()
            }
        }
        // Some gateways send an error as {"message":"Service unavailable"}.
        if hasMessage, !isAnswer { reply.reportError() }
    }

    private func choices(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        // A value of another type must not count as an empty answer.
        guard try reader.kind() != .null else { return try reader.skip() }
        try reader.beginArray()
        while try reader.nextElement() {
            try choice(&reader, &reply)
        }
    }

    /// Decodes one choice. Of several (`n` > 1), only the first is the answer.
    private func choice(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        var index: Int?
        var early: UnsafeRawBufferPointer?
        var message: UnsafeRawBufferPointer?
        var text: UnsafeRawBufferPointer?
        var finish: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "index":
                index = try reader.count() ?? 0
            case "delta" where index == 0:
                try piece(&reader, &reply)
            case "message" where index == 0 && reply.isDocument:
                try whole(&reader, &reply)
            case "delta":
                early = try reader.raw()
            // `delta` is delivered before `message`, which repeats everything so far.
            case "message":
                message = try reader.raw()
            case "finish_reason":
                finish = try reader.stringOrNull()
            case "usage":
                // Moonshot puts `usage` here.
                try usage(&reader, &reply)
            // Some servers reply in the format of the older Completions API.
            case "text" where try reader.kind() == .string:
                text = try reader.raw()
            case "error":
                if try reader.hasValue() { reply.reportError() }
            default:
                try reader.skip()
            }
        }
        guard index ?? 0 == 0 else { return }
        if let early {
            var reader = JSONReader(reply: early)
            try piece(&reader, &reply)
        }
        if let message {
            var reader = JSONReader(reply: message)
            try whole(&reader, &reply)
        }
        if let text, early == nil, message == nil, !reply.hasPieces {
            var reader = JSONReader(reply: text)
            let content = ReplyContent(parts: [.text(try reader.string())])
            finish?.isEmpty == false ? reply.receiveLast(content) : reply.receive(content)
        }
        if let finish { reply.finish(finish) }
    }

    /// Decodes a piece of a stream.
    private func piece(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.kind() != .null else { return try reader.skip() }
        let content = try Content(&reader, self, &reply)
        try deliver(content, &reply)
        if !reply.hasPieces, !content.isEmpty { reply.notePieces() }
    }

    /// Decodes all content of the reply so far.
    private func whole(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.kind() != .null else { return try reader.skip() }
        let content = try Content(&reader, self, &reply)
        guard reply.hasContent else { return try deliver(content, isWhole: true, &reply) }
        var found: ReplyContent
        if dialect.hasThinkTags {
            var tag = ThinkTag()
            let (first, last) = (tag.receive(content.text), tag.finish())
            found = ReplyContent(
                parts: [
                    .reasoning(content.reasoning.isEmpty ? first.reasoning + last.reasoning : content.reasoning),
                    .text(first.text + last.text),
                ])
        } else {
            found = ReplyContent(parts: [.reasoning(content.reasoning), .text(content.text)])
        }
        found.parts += content.signatures.map { .signature($0) } + [.refusal(content.refusal)]
        for call in try calls(of: content, isWhole: true, &reply) { found.parts.append(.call(call)) }
        reply.receiveWhole(found, isPieceElse: !reply.hasPieces)
    }

    /// Delivers content that is entirely new.
    private func deliver(
        _ content: Content, isWhole: Bool = false, _ reply: inout ReplyState
    ) throws(JSONError) {
        if dialect.hasThinkTags {
            reply.reasoningField(content.reasoning)
        } else {
            reply.reasoning(content.reasoning)
        }
        for signature in content.signatures { reply.reasoningSignature(signature) }
        if dialect.hasThinkTags { reply.textWithThinkTag(content.text) } else { reply.text(content.text) }
        reply.refusal(content.refusal)
        guard content.calls != nil || content.function != nil else { return }
        for call in try calls(of: content, isWhole: isWhole, &reply) { reply.toolCall(call) }
    }

    private func groq(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "usage": try usage(&reader, &reply)
            case "error":
                if try reader.hasValue() { reply.reportError() }
            default: try reader.skip()
            }
        }
    }

    /// Decodes `usage`. It may be null, lack any value, and occur in any chunk.
    func usage(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.isOptional(.object, "usage", &reply) else { return }
        let figures = try UsageFigures(&reader)
        if let usage = figures.usage(.cacheWithin, after: reply.usageSoFar) { reply.usage(usage) }
    }
}
