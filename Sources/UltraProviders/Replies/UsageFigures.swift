import UltraAPI

/// The `usage` object of the APIs that are like OpenAI's or Anthropic's, under all names that servers and gateways give
/// its figures, before it is brought into the form of `Usage`.
///
/// A figure that stands under several names counts once: the largest one, since gateways send zeros for what they do
/// not know.
struct UsageFigures {
    /// How a provider's input relates to what was read from and written to its cache.
    enum Convention {
        /// OpenAI's: both are part of the input.
        case cacheWithin
        /// Anthropic's: the input is what is beside them.
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
    /// The names of the input and of the cached tokens are Anthropic's, which no total goes with.
    private var isAnthropic: Bool { hasAnthropicNames && !hasChatNames && total == nil }

    /// - Parameter reader: at an object.
    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "prompt_tokens":
                hasChatNames = true
                Self.raise(&input, try reader.count())
            // Of the Responses API and of Anthropic.
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

    /// Nothing was generated yet: what is told of the output is a placeholder.
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
            // Anthropic's parts of what was written, by how long they are kept.
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
    /// The figures in the form of `Usage`; nil: nothing was counted. OpenAI sends zeros with answers that were cut.
    ///
    /// - Parameters:
    ///   - convention: the provider's, where the figures themselves do not contradict it.
    ///   - known: what the reply said before.
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

    /// Tokens read from and written to the cache that the input does not hold, although OpenAI's does: gateways hand on
    /// the figures of Anthropic. The total tells; where there is none, input that is less than its own parts; and where
    /// the names are Anthropic's throughout, its convention holds.
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

    /// Reasoning that is not part of the output, as it should be: xAI counts it in the total alone.
    private var reasoningBesideOutput: Int {
        guard let output, let reasoning, reasoning > 0 else { return 0 }
        return reasoning > output || total == (input ?? 0) + output + reasoning ? reasoning : 0
    }
}
