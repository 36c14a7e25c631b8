/// One thing a provider's reply said, in the order it said it. A unary reply is the same events at once.
///
/// Small, because most are a few letters of text: what is large and rare is boxed.
package enum AnswerEvent: Sendable, Equatable {
    /// The model the provider says it used.
    case providerModel(String)
    case text(String)
    case reasoning(String)
    /// Opaque proof of the reasoning before it, to be sent back byte for byte; whole, and the end of that piece of
    /// reasoning. Alone, it stands for reasoning the provider does not show.
    case reasoningSignature(String)
    indirect case toolCall(ToolCallDelta)
    /// Later usage replaces the fields it carries.
    indirect case usage(Usage)
    case finish(FinishReason)
    /// What is odd about the reply, for the answer's `warnings`: a code, a colon, and a sentence.
    case warning(String)

    /// True for a part of the answer itself, which a stream's client sees as it comes.
    package var isContent: Bool {
        switch self {
        case .text, .reasoning, .reasoningSignature, .toolCall: true
        case .providerModel, .usage, .finish, .warning: false
        }
    }
}

/// A piece of a tool call. `id`, `name` and `signature` come once per index; `arguments` is appended.
package struct ToolCallDelta: Sendable, Equatable {
    package var index: Int
    package var id: String?
    package var name: String?
    package var arguments: String
    /// To be sent back with the call.
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

package enum FinishReason: String, Sendable {
    case stop, length, other
    case toolCalls = "tool_calls"
    case contentFilter = "content_filter"
}

/// Tokens of one answer. `nil` means that the provider did not say, never 0.
package struct Usage: Sendable, Equatable {
    package enum Source: String, Sendable {
        case measured, estimated, unknown
    }

    /// All input, cached reads and cache writes included.
    package var inputTokens: Int?
    /// All output, reasoning included.
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
