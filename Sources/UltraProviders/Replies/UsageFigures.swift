import UltraAPI

/// The `usage` object of APIs like OpenAI's or Anthropic's, under all member names that servers and gateways use,
/// before conversion to `Usage`.
///
/// If a value occurs under several names, the largest one counts, because gateways send 0 for what they do not know.
struct UsageFigures {
    /// The relation of a provider's input tokens to the tokens read from and written to its cache.
    enum Convention {
        /// OpenAI's: the input includes both.
        case cacheWithin
        /// Anthropic's: the input excludes both.
        case cacheBeside
    }

    private(set) var input: Int?
    private(set) var output: Int?
    private(set) var total: Int?
    private var read: Int?
    private var written: Int?
    private var reasoning: Int?
    private var hasChatNames = false
    private var hasAnthropicNames = false
    /// True if all names are Anthropic's. Its API never sends a total.
    private var isAnthropic: Bool { hasAnthropicNames && !hasChatNames && total == nil }

    /// - Parameter reader: positioned at an object.
    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "prompt_tokens":
                hasChatNames = true
                Self.raise(&input, try reader.count())
            // Used by the Responses API and by Anthropic.
            case "input_tokens": Self.raise(&input, try reader.count())
            case "cache_read_input_tokens":
                hasAnthropicNames = true
                Self.raise(&read, try reader.count())
            case "cache_creation_input_tokens":
                hasAnthropicNames = true
                Self.raise(&written, try reader.count())
            case "completion_tokens", "output_tokens": Self.raise(&output, try reader.count())
            case "total_tokens": Self.raise(&total, try reader.count())
            // Mistral has two spellings.
            case "prompt_tokens_details", "prompt_token_details", "input_tokens_details", "completion_tokens_details",
                "output_tokens_details":
                try details(&reader)
            default: try cacheFigure(key, &reader)
            }
        }
    }

    /// Discards the output, which is a placeholder before anything was generated.
    mutating func forgetOutput() {
        output = nil
        reasoning = nil
    }

    private mutating func details(_ reader: inout JSONReader) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "reasoning_tokens", "thinking_tokens": Self.raise(&reasoning, try reader.count())
            default: try cacheFigure(key, &reader)
            }
        }
    }

    private mutating func cacheFigure(_ key: JSONKey, _ reader: inout JSONReader) throws(JSONError) {
        switch key {
        case "cached_tokens", "cache_read_input_tokens", "cache_read_tokens", "cached_input_tokens",
            "prompt_cache_hit_tokens", "num_cached_tokens", "cached_prompt_tokens", "input_cached_tokens":
            Self.raise(&read, try reader.count())
        case "cache_creation_input_tokens", "cache_creation_tokens", "cached_creation_tokens", "cache_write_tokens",
            "cache_write_input_tokens":
            Self.raise(&written, try reader.count())
        case "cache_creation" where try reader.kind() == .object:
            // Anthropic's cache writes, split by how long they are kept.
            var sum: Int?
            try reader.beginObject()
            while try reader.nextKey() != nil {
                if let part = try reader.count() { sum = min((sum ?? 0) + part, 1 << 53) }
            }
            Self.raise(&written, sum)
        case "reasoning_tokens": Self.raise(&reasoning, try reader.count())
        default: try reader.skip()
        }
    }

    private static func raise(_ figure: inout Int?, _ value: Int?) {
        if let value { figure = max(figure ?? 0, value) }
    }
}

extension UsageFigures {
    /// The values as `Usage`; nil if there are none. OpenAI sends zeros with replies that were cut off.
    ///
    /// - Parameters:
    ///   - convention: the provider's convention, unless the values contradict it.
    ///   - known: the usage that the reply reported before.
    func usage(_ convention: Convention, after known: Usage) -> Usage? {
        switch convention {
        case .cacheWithin:
            guard input ?? 0 > 0 || output ?? 0 > 0 else { return nil }
            return Usage(
                inputTokens: input.map { $0 + cacheBesideInput },
                outputTokens: output.map { $0 + reasoningBesideOutput }, cachedInputTokens: read,
                cacheWriteTokens: written, reasoningTokens: reasoning, source: .measured)
        case .cacheBeside:
            let read = known.cachedInputTokens.updated(with: self.read)
            let written = known.cacheWriteTokens.updated(with: self.written)
            let knownInput = known.inputTokens.map {
                max(0, $0 - (known.cachedInputTokens ?? 0) - (known.cacheWriteTokens ?? 0))
            }
            let hasInput = input != nil || self.read != nil || self.written != nil
            let usage = Usage(
                inputTokens: hasInput ? knownInput.updated(with: input).map { $0 + (read ?? 0) + (written ?? 0) } : nil,
                outputTokens: output, cachedInputTokens: self.read == nil ? nil : read,
                cacheWriteTokens: self.written == nil ? nil : written, reasoningTokens: reasoning, source: .measured)
            return usage == Usage(source: .measured) ? nil : usage
        }
    }

    /// The cached tokens to add to the input because it excludes them. OpenAI's input includes them, but gateways pass
    /// on Anthropic's values. This is detected from the total; without a total, from an input smaller than its parts;
    /// and if all names are Anthropic's, its convention applies.
    private var cacheBesideInput: Int {
        let (input, read, written) = (input ?? 0, read ?? 0, written ?? 0)
        guard read + written > 0 else { return 0 }
        if isAnthropic { return read + written }
        if let total, total > 0 {
            let excess = total - input - (output ?? 0)
            if excess > 0, excess == read + written || excess == read || excess == written { return excess }
        }
        return read + written > input ? read + written : 0
    }

    /// The reasoning tokens to add to the output because it excludes them. xAI includes them only in the total.
    private var reasoningBesideOutput: Int {
        guard let output, let reasoning, reasoning > 0 else { return 0 }
        return reasoning > output || total == (input ?? 0) + output + reasoning ? reasoning : 0
    }
}
