import UltraAPI

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
