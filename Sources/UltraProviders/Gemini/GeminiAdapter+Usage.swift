import UltraAPI

extension GeminiAdapter {
    /// Reads `usageMetadata`: in every chunk the sums so far, of which one seen before may be missing.
    func usage(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
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
        guard prompt != nil || visible != nil || thoughts != nil else { return }
        let before = reply.usageSoFar
        if let prompt {
            // The results of server tools are input, and a chunk that leaves them out takes nothing back.
            usage.inputTokens = max(prompt + (toolUse ?? 0), before.inputTokens ?? 0)
        }
        usage.reasoningTokens = thoughts ?? before.reasoningTokens
        let visibleBefore = before.outputTokens.map { $0 - (before.reasoningTokens ?? 0) }
        if visible != nil || thoughts != nil {
            // Some replies count the thoughts among the candidates' tokens.
            let holdsThoughts =
                total != nil && visible != nil && (thoughts ?? 0) > 0
                && total == (prompt ?? 0) + (visible ?? 0) + (toolUse ?? 0)
            usage.outputTokens =
                (visible ?? visibleBefore ?? 0) + (holdsThoughts ? 0 : usage.reasoningTokens ?? 0)
        }
        reply.usage(usage)
    }
}
