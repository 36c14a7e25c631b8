import UltraAPI

extension AnthropicAdapter {
    /// Reads `usage`. Its `input_tokens` leaves out what was read from and written to the cache; figures are
    /// cumulative, and later ones stand where they are given.
    ///
    /// - Parameter isFirst: `output_tokens` is a placeholder: nothing was generated yet.
    func usage(_ reader: inout JSONReader, isFirst: Bool, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        var uncached: Int?
        var usage = Usage(source: .measured)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "input_tokens": uncached = try reader.count()
            case "cache_read_input_tokens": usage.cachedInputTokens = try reader.count()
            case "cache_creation_input_tokens": usage.cacheWriteTokens = try reader.count()
            case "output_tokens" where !isFirst: usage.outputTokens = try reader.count()
            case "output_tokens_details" where !isFirst: try details(&reader, &usage)
            default: try reader.skip()
            }
        }
        if uncached != nil || usage.cachedInputTokens != nil || usage.cacheWriteTokens != nil {
            let known = reply.usageSoFar
            if uncached == nil, let input = known.inputTokens {
                uncached = input - (known.cachedInputTokens ?? 0) - (known.cacheWriteTokens ?? 0)
            }
            let read = usage.cachedInputTokens ?? known.cachedInputTokens ?? 0
            let written = usage.cacheWriteTokens ?? known.cacheWriteTokens ?? 0
            usage.inputTokens = uncached.map { $0 + read + written }
        }
        if usage != Usage(source: .measured) { reply.usage(usage) }
    }

    private func details(_ reader: inout JSONReader, _ usage: inout Usage) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "thinking_tokens": usage.reasoningTokens = try reader.count()
            default: try reader.skip()
            }
        }
    }
}
