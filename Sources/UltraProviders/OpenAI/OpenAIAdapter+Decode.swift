package import UltraAPI

/// Chat Completions replies. A unary reply and a chunk of a stream differ in one word, `message` for `delta`.
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
        // What says something in every event that has it, and not only in the first.
        var hasNews = false
        var hasMessage = false
        while let key = try reader.nextKey() {
            switch key {
            case "choices":
                isAnswer = true
                if !hasNews, let opening = reader.openingBytes { reply.remember(opening: opening) }
                try choices(&reader, &reply)
            case "model" where !reply.hasModel:
                reply.model(try reader.text() ?? "")
            case "usage":
                hasNews = true
                try usage(&reader, &reply)
            case "object":
                // Old vLLM: a flat {"object":"error","message":…}.
                if try reader.raw().elementsEqual("\"error\"".utf8) {
                    hasNews = true
                    reply.reportError()
                }
            case "error", "detail":
                hasNews = true
                if try reader.saysSomething() { reply.reportError() }
            case "message" where try reader.kind() == .string:
                hasMessage = try reader.saysSomething()
            case "x_groq":
                hasNews = true
                try groq(&reader, &reply)
            default:
                try reader.skip()
            }
        }
        // What gateways say in place of an answer: {"message":"Service unavailable"}.
        if hasMessage, !isAnswer { reply.reportError() }
    }

    private func choices(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        // Of another type it would pass for an empty answer.
        guard try reader.kind() != .null else { return try reader.skip() }
        try reader.beginArray()
        while try reader.nextElement() {
            try choice(&reader, &reply)
        }
    }

    /// Only the first of several alternatives (`n` > 1) is the answer.
    private func choice(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        var index: Int?
        var early: UnsafeRawBufferPointer?
        var isWhole = false
        var finish: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "index":
                index = try reader.count() ?? 0
            case "delta" where index == 0:
                try piece(&reader, isWhole: false, &reply)
            case "message" where index == 0:
                try piece(&reader, isWhole: true, &reply)
            case "delta":
                early = try reader.raw()
            case "message":
                early = try reader.raw()
                isWhole = true
            case "finish_reason":
                finish = try reader.stringOrNull()
            case "usage":
                // Moonshot's place for it.
                try usage(&reader, &reply)
            case "error":
                if try reader.saysSomething() { reply.reportError() }
            default:
                try reader.skip()
            }
        }
        guard index ?? 0 == 0 else { return }
        if let early {
            var reader = JSONReader(reply: early)
            try piece(&reader, isWhole: isWhole, &reply)
        }
        if let finish { reply.finish(finish) }
    }

    private func piece(
        _ reader: inout JSONReader, isWhole: Bool, _ reply: inout ReplyState
    ) throws(JSONError) {
        guard try reader.kind() != .null else { return try reader.skip() }
        var content = Content()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "content":
                try self.content(&reader, &content)
            case "reasoning_content", "reasoning":
                // Some send the same text under both names.
                if let found = try reader.optionalString("reasoning", &reply), content.reasoning.isEmpty {
                    content.reasoning = found
                }
            case "reasoning_details" where try reader.kind() == .array:
                try reasoningDetails(&reader, &content)
            case "refusal":
                reply.refusal(try reader.optionalString("refusal", &reply) ?? "")
            case "tool_calls":
                try toolCalls(&reader, isWhole: isWhole, &reply)
            case "function_call":
                if try reader.kind() == .object {
                    try function(&reader, key: 0, id: nil, signature: nil, &reply)
                } else {
                    try reader.skip()
                }
            default:
                try reader.skip()
            }
        }
        reply.reasoning(content.reasoning)
        for signature in content.signatures { reply.reasoningSignature(signature) }
        if dialect.thinksInText { reply.textWithThoughts(content.text) } else { reply.text(content.text) }
    }

    /// What one piece says, gathered until its reasoning can be told before its text.
    private struct Content {
        var text = ""
        var reasoning = ""
        /// Of the reasoning; Mistral's and OpenRouter's.
        var signatures: [String] = []
    }

    /// A string, or parts.
    private func content(_ reader: inout JSONReader, _ content: inout Content) throws(JSONError) {
        switch try reader.kind() {
        case .string:
            content.text = try reader.string()
        case .array:
            try reader.beginArray()
            while try reader.nextElement() {
                try part(&reader, &content)
            }
        case .object:
            try part(&reader, &content)
        default:
            // Of another type it would pass for an empty answer.
            try reader.null()
        }
    }

    /// `{"type":"text","text":…}`, or Mistral's `{"type":"thinking","thinking":[{"type":"text","text":…}]}`.
    private func part(_ reader: inout JSONReader, _ content: inout Content) throws(JSONError) {
        switch try reader.kind() {
        case .object: break
        case .string: return content.text += try reader.string()
        default: return try reader.skip()
        }
        var isThinking = false
        var signature: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "text":
                content.text += try reader.stringOrNull() ?? ""
            case "thinking":
                isThinking = true
                var thought = Content()
                try self.content(&reader, &thought)
                content.reasoning += thought.text
            case "signature":
                signature = try reader.text()
            default:
                try reader.skip()
            }
        }
        if isThinking, let signature { content.signatures = [signature] }
    }

    /// OpenRouter's, beside the same text under `reasoning`.
    private func reasoningDetails(_ reader: inout JSONReader, _ content: inout Content) throws(JSONError) {
        var text = ""
        try reader.beginArray()
        while try reader.nextElement() {
            guard try reader.kind() == .object else {
                try reader.skip()
                continue
            }
            let detail = try ReasoningDetail(&reader)
            text += detail.text
            if let signature = detail.signature { content.signatures.append(signature) }
        }
        if content.reasoning.isEmpty { content.reasoning = text }
    }

    private func toolCalls(
        _ reader: inout JSONReader, isWhole: Bool, _ reply: inout ReplyState
    ) throws(JSONError) {
        guard try reader.kind() == .array else { return try reader.skip() }
        try reader.beginArray()
        var position = 0
        while try reader.nextElement() {
            try toolCall(&reader, position: isWhole ? position : nil, &reply)
            position += 1
        }
    }

    /// - Parameter position: of a call that is given whole; a piece of a call brings its own `index`, or none.
    private func toolCall(
        _ reader: inout JSONReader, position: Int?, _ reply: inout ReplyState
    ) throws(JSONError) {
        var key = position
        var id: String?
        var function: UnsafeRawBufferPointer?
        var signature: String?
        try reader.beginObject()
        while let name = try reader.nextKey() {
            switch name {
            case "index" where position == nil:
                key = try reader.count()
            case "id":
                id = try reader.text()
                // Mistral once spelled it out.
                if id == "null" { id = nil }
            case "function":
                function = try reader.raw()
            case "extra_content" where try reader.kind() == .object:
                signature = try googleSignature(&reader)
            default:
                try reader.skip()
            }
        }
        guard let function else { return }
        var inner = JSONReader(reply: function)
        try self.function(&inner, key: key, id: id, signature: signature, &reply)
    }

    /// `{"google":{"thought_signature":"…"}}`
    private func googleSignature(_ reader: inout JSONReader) throws(JSONError) -> String? {
        var signature: String?
        try reader.beginObject()
        while let vendor = try reader.nextKey() {
            switch vendor {
            case "google" where try reader.kind() == .object:
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "thought_signature": signature = try reader.stringOrNull()
                    default: try reader.skip()
                    }
                }
            default: try reader.skip()
            }
        }
        return signature
    }

    private func function(
        _ reader: inout JSONReader, key: Int?, id: String?, signature: String?, _ reply: inout ReplyState
    ) throws(JSONError) {
        var name: String?
        var arguments = ""
        try reader.beginObject()
        while let field = try reader.nextKey() {
            switch field {
            case "name": name = try reader.text()
            // A string of JSON; some servers send the object itself.
            case "arguments": arguments = try reader.text() ?? ""
            default: try reader.skip()
            }
        }
        reply.toolCall(key: key, id: id, name: name, arguments: arguments, signature: signature)
    }

    private func groq(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "usage": try usage(&reader, &reply)
            case "error":
                if try reader.saysSomething() { reply.reportError() }
            default: try reader.skip()
            }
        }
    }
}
