import UltraAPI

extension OpenAIAdapter {
    /// Reads `usage`, which may be null, may lack any figure, and may stand in any chunk; the last one counts.
    func usage(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        var usage = Usage(source: .measured)
        var total: Int?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            // The Responses API has names of its own.
            case "prompt_tokens", "input_tokens": usage.inputTokens = try reader.count()
            case "completion_tokens", "output_tokens": usage.outputTokens = try reader.count()
            case "total_tokens": total = try reader.count()
            // Mistral's older spellings beside OpenAI's; any may be null.
            case "prompt_tokens_details", "prompt_token_details", "input_tokens_details":
                try inputDetails(&reader, &usage)
            case "completion_tokens_details", "output_tokens_details": try outputDetails(&reader, &usage)
            // DeepSeek and Mistral before they had the details.
            case "prompt_cache_hit_tokens", "num_cached_tokens":
                usage.cachedInputTokens = try reader.count() ?? usage.cachedInputTokens
            default: try reader.skip()
            }
        }
        // An answer that cost nothing was not counted: OpenAI sends zeros with some that were cut short.
        guard usage.inputTokens ?? 0 > 0 || usage.outputTokens ?? 0 > 0 else { return }
        // xAI counts reasoning in the total, but not in `completion_tokens`.
        if let total, let input = usage.inputTokens, let output = usage.outputTokens,
            let reasoning = usage.reasoningTokens, reasoning > 0, total == input + output + reasoning
        {
            usage.outputTokens = output + reasoning
        }
        reply.usage(usage)
    }

    private func inputDetails(_ reader: inout JSONReader, _ usage: inout Usage) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "cached_tokens": usage.cachedInputTokens = try reader.count() ?? usage.cachedInputTokens
            case "cache_write_tokens": usage.cacheWriteTokens = try reader.count()
            default: try reader.skip()
            }
        }
    }

    private func outputDetails(_ reader: inout JSONReader, _ usage: inout Usage) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "reasoning_tokens": usage.reasoningTokens = try reader.count()
            default: try reader.skip()
            }
        }
    }
}
