package import UltraAPI

/// Decoding of replies of `generateContent`. Every chunk of a stream has the format of a complete reply and holds only
/// new content.
extension GeminiAdapter {
    /// Decodes a complete reply. A stream that was not requested as server-sent events is one array of chunks.
    package func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        if try reader.kind() == .array {
            try reader.beginArray()
            while try reader.nextElement() { try decodeEvent(&reader, into: &reply) }
        } else {
            try decodeEvent(&reader, into: &reply)
        }
    }

    package func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        var hasCandidates = false
        var isBlocked = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            // A value of another type must not count as an empty answer.
            case "candidates" where try reader.kind() != .null:
                try reader.beginArray()
                while try reader.nextElement() {
                    hasCandidates = true
                    try candidate(&reader, &reply)
                }
            case "usageMetadata":
                try usage(&reader, &reply)
            case "modelVersion" where !reply.hasModel:
                reply.model(try reader.text() ?? "")
            case "promptFeedback":
                isBlocked = try hasBlockReason(&reader)
            case "error":
                if try reader.hasValue() { reply.reportError() }
            default:
                try reader.skip()
            }
        }
        if isBlocked, !hasCandidates { reply.reportError() }
    }

    /// Decodes one candidate. Of several (`candidateCount` > 1), only the first is the answer. Its index comes last.
    private func candidate(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        var content: UnsafeRawBufferPointer?
        var index = 0
        var finish: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "content": content = try reader.raw()
            case "index": index = try reader.count() ?? 0
            case "finishReason": finish = try reader.text()
            default: try reader.skip()
            }
        }
        guard index == 0 else { return }
        if let content {
            var reader = JSONReader(reply: content)
            let parts = try self.content(&reader)
            // The last chunk of some servers repeats the whole answer.
            finish != nil && reply.hasContent ? reply.receiveLast(parts) : reply.receive(parts)
        }
        // The finish reason is `STOP` for tool calls as well; `ReplyState` distinguishes them.
        if let finish { reply.finish(finish) }
    }

    private func content(_ reader: inout JSONReader) throws(JSONError) -> ReplyContent {
        var content = ReplyContent()
        guard try reader.kind() == .object else {
            try reader.skip()
            return content
        }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            // A value of another type must not count as an empty answer.
            case "parts" where try reader.kind() != .null:
                try reader.beginArray()
                while try reader.nextElement() { try part(&reader, &content) }
            default:
                try reader.skip()
            }
        }
        return content
    }

    /// Decodes one part. Parts of server tools and media are ignored, except for their signatures.
    private func part(_ reader: inout JSONReader, _ content: inout ReplyContent) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        var text: String?
        var isThought = false
        var signature: String?
        var call: UnsafeRawBufferPointer?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "text": text = try reader.stringOrNull()
            case "thought": isThought = try reader.text() == "true"
            case "thoughtSignature": signature = try reader.text()
            case "functionCall" where try reader.kind() == .object: call = try reader.raw()
            default: try reader.skip()
            }
        }
        if let text, isThought { content.parts.append(.reasoning(text)) }
        if let call {
            if let text, !isThought { content.parts.append(.text(text)) }
            var reader = JSONReader(reply: call)
            content.parts.append(.call(try functionCall(&reader, signature: signature)))
            return
        }
        // The signature of a text must be delivered before it, so that both are sent back together.
        if let signature { content.parts.append(.signature(signature)) }
        if let text, !isThought { content.parts.append(.text(text)) }
    }

    /// Decodes a function call, which is always complete and thus a call of its own.
    private func functionCall(
        _ reader: inout JSONReader, signature: String?
    ) throws(JSONError) -> CallAssembly.Piece {
        var call = CallAssembly.Piece(form: .own, signature: signature)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "id": call.id = try reader.text()
            case "name": call.name = try reader.text()
            case "args": call.arguments = try reader.text() ?? ""
            default: try reader.skip()
            }
        }
        return call
    }

    private func hasBlockReason(_ reader: inout JSONReader) throws(JSONError) -> Bool {
        guard try reader.kind() == .object else {
            try reader.skip()
            return false
        }
        var isBlocked = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "blockReason": isBlocked = try reader.text() != nil
            default: try reader.skip()
            }
        }
        return isBlocked
    }
}

extension GeminiAdapter {
    /// Decodes `usageMetadata`. Every chunk has the sums so far, but may omit a value that an earlier chunk had.
    func usage(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.isOptional(.object, "usageMetadata", &reply) else { return }
        var prompt: Int?
        var visible: Int?
        var thoughts: Int?
        var toolUse: Int?
        var total: Int?
        var usage = Usage(source: .measured)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "promptTokenCount": prompt = try reader.count()
            case "candidatesTokenCount": visible = try reader.count()
            case "thoughtsTokenCount": thoughts = try reader.count()
            case "toolUsePromptTokenCount": toolUse = try reader.count()
            case "cachedContentTokenCount": usage.cachedInputTokens = try reader.count()
            case "totalTokenCount": total = try reader.count()
            default: try reader.skip()
            }
        }
        let before = reply.usageSoFar
        // Some replies include the thoughts in the candidates' tokens.
        if let total, let all = visible, let thoughts, thoughts > 0, total == (prompt ?? 0) + all + (toolUse ?? 0) {
            visible = max(0, all - thoughts)
        }
        guard prompt != nil || visible != nil || thoughts != nil else { return }
        if let prompt {
            // Results of server tools are input. A later chunk without them must not lower the sum.
            usage.inputTokens = max(prompt + (toolUse ?? 0), before.inputTokens ?? 0)
        }
        usage.reasoningTokens = before.reasoningTokens.updated(with: thoughts)
        if visible != nil || thoughts != nil {
            // A later chunk may lower the thoughts, which must not make the visible tokens negative.
            let visibleBefore = before.outputTokens.map { max(0, $0 - (before.reasoningTokens ?? 0)) }
            usage.outputTokens = (visibleBefore.updated(with: visible) ?? 0) + (usage.reasoningTokens ?? 0)
        }
        reply.usage(usage)
    }
}
