import UltraAPI

/// Decoding of the content of a message or of a piece of one: text, reasoning, refusal and tool calls.
extension OpenAIAdapter {
    /// The content of one piece, collected so that it can be delivered in order: reasoning, text, tool calls.
    struct Content {
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
            _ reader: inout JSONReader, _ adapter: borrowing OpenAIAdapter, _ reply: inout ReplyState
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

    /// Decodes OpenRouter's `reasoning_details`, whose text is also in `reasoning`.
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

    func calls(
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
}
