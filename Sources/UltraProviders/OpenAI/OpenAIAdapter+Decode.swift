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
                if !hasEventMember, let opening = reader.openingBytes { reply.remember(opening: opening) }
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

    /// The content of one piece, collected so that it can be delivered in order: reasoning, text, tool calls.
    private struct Content {
        var text = ""
        var reasoning = ""
        var refusal = ""
        /// Signatures of the reasoning; sent by Mistral and OpenRouter.
        var signatures: [String] = []
        /// `tool_calls`, an array.
        var calls: UnsafeRawBufferPointer?
        /// `function_call`, an object.
        var function: UnsafeRawBufferPointer?

        init() {}

        init(
            _ reader: inout JSONReader, _ adapter: OpenAIAdapter, _ reply: inout ReplyState
        ) throws(JSONError) {
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "content":
                    try adapter.content(&reader, &self)
                case "reasoning_content", "reasoning":
                    // Some servers send the same text under both names.
                    if let found = try reader.optionalString("reasoning", &reply), reasoning.isEmpty {
                        reasoning = found
                    }
                case "reasoning_details" where try reader.kind() == .array:
                    try adapter.reasoningDetails(&reader, &self)
                case "refusal":
                    refusal = try reader.optionalString("refusal", &reply) ?? ""
                case "tool_calls" where try reader.kind() == .array:
                    calls = try reader.raw()
                case "function_call" where try reader.kind() == .object:
                    function = try reader.raw()
                default:
                    try reader.skip()
                }
            }
        }

        var isEmpty: Bool {
            text.isEmpty && reasoning.isEmpty && refusal.isEmpty && calls == nil && function == nil
        }
    }

    /// Decodes content: a string, or an array of parts.
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
            // A value of another type must not count as an empty answer.
            try reader.null()
        }
    }

    /// Decodes `{"type":"text","text":…}`, or Mistral's `{"type":"thinking","thinking":[{"type":"text","text":…}]}`.
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

    /// Decodes OpenRouter's `reasoning_details`, whose text also stands in `reasoning`.
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

    private func calls(
        of content: Content, isWhole: Bool, _ reply: inout ReplyState
    ) throws(JSONError) -> [CallAssembly.Piece] {
        let form: CallAssembly.Form = isWhole ? reply.isDocument ? .own : .whole : .delta
        var pieces: [CallAssembly.Piece] = []
        if let calls = content.calls {
            var reader = JSONReader(reply: calls)
            try reader.beginArray()
            while try reader.nextElement() {
                var piece = CallAssembly.Piece(form: form)
                guard try toolCall(&reader, &piece) else { continue }
                // Complete calls are numbered by their position. A piece has its own index, or none.
                if form == .whole { piece.key = pieces.count }
                if form == .own { piece.key = nil }
                pieces.append(piece)
            }
        }
        if let function = content.function {
            var piece = CallAssembly.Piece(form: form, key: 0)
            var reader = JSONReader(reply: function)
            try self.function(&reader, &piece)
            pieces.append(piece)
        }
        return pieces
    }

    /// Decodes one element of `tool_calls`. Returns false if it is not a call of a function.
    private func toolCall(
        _ reader: inout JSONReader, _ piece: inout CallAssembly.Piece
    ) throws(JSONError) -> Bool {
        var function: UnsafeRawBufferPointer?
        try reader.beginObject()
        while let name = try reader.nextKey() {
            switch name {
            case "index":
                piece.key = try reader.count()
            case "id":
                piece.id = try reader.text()
                // Some of Mistral's replies had the string "null".
                if piece.id == "null" { piece.id = nil }
            case "function" where try reader.kind() == .object:
                function = try reader.raw()
            case "extra_content" where try reader.kind() == .object:
                piece.signature = try googleSignature(&reader)
            default:
                try reader.skip()
            }
        }
        guard let function else { return false }
        var inner = JSONReader(reply: function)
        try self.function(&inner, &piece)
        return true
    }

    /// Decodes `{"google":{"thought_signature":"…"}}`.
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
        _ reader: inout JSONReader, _ piece: inout CallAssembly.Piece
    ) throws(JSONError) {
        try reader.beginObject()
        while let field = try reader.nextKey() {
            switch field {
            case "name": piece.name = try reader.text()
            // A string of JSON; some servers send the object itself.
            case "arguments": piece.arguments = try reader.text() ?? ""
            default: try reader.skip()
            }
        }
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
}
