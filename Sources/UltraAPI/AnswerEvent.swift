/// One event of a provider's reply, in the reply's order. A unary reply yields the same events all at once.
///
/// Kept small because most events carry a few characters of text: large, rare payloads are boxed.
package enum AnswerEvent: Sendable, Equatable {
    /// The model name in the provider's reply.
    case providerModel(String)
    case text(String)
    case reasoning(String)
    /// A complete signature of the preceding reasoning, to be sent back byte for byte. Ends that piece of reasoning;
    /// without preceding text it stands for reasoning that the provider does not show.
    case reasoningSignature(String)
    indirect case toolCall(ToolCallDelta)
    /// Token counts. Later events replace earlier values (see `Usage.update(with:)`).
    indirect case usage(Usage)
    case finish(FinishReason)
    /// For the answer's `warnings`: a code, a colon and a sentence.
    case warning(String)

    /// True for a part of the answer itself, which a stream's client sees as it comes.
    package var isContent: Bool {
        switch self {
        case .text, .reasoning, .reasoningSignature, .toolCall: true
        case .providerModel, .usage, .finish, .warning: false
        }
    }
}

/// A fragment of a tool call. Per index, `id`, `name` and `signature` come once; `arguments` are appended. Indices have
/// no gaps.
package struct ToolCallDelta: Sendable, Equatable {
    package var index: Int
    package var id: String?
    package var name: String?
    package var arguments: String
    /// An opaque value that the provider needs back with the call.
    package var signature: String?

    package init(
        index: Int, id: String? = nil, name: String? = nil, arguments: String = "", signature: String? = nil
    ) {
        self.index = index
        self.id = id
        self.name = name
        self.arguments = arguments
        self.signature = signature
    }
}

/// Why the answer ended; the raw values are the wire's words.
package enum FinishReason: String, Sendable {
    case stop, length, other
    case toolCalls = "tool_calls"
    case contentFilter = "content_filter"
}

/// Token counts of one answer; nil if the provider did not report a count.
package struct Usage: Sendable, Equatable {
    /// Whether the provider reported the counts, the daemon estimated them, or neither.
    package enum Source: String, Sendable {
        case measured, estimated, unknown
    }

    /// All input tokens, including cache reads and writes.
    package var inputTokens: Int?
    /// All output tokens, including reasoning.
    package var outputTokens: Int?
    package var cachedInputTokens: Int?
    package var cacheWriteTokens: Int?
    package var reasoningTokens: Int?
    package var source: Source

    package init(
        inputTokens: Int? = nil, outputTokens: Int? = nil, cachedInputTokens: Int? = nil, cacheWriteTokens: Int? = nil,
        reasoningTokens: Int? = nil, source: Source = .unknown
    ) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.cachedInputTokens = cachedInputTokens
        self.cacheWriteTokens = cacheWriteTokens
        self.reasoningTokens = reasoningTokens
        self.source = source
    }
}
