/// A complete answer, assembled from the events of a reply, with the daemon's own data about it.
package struct Answer: Sendable, Equatable {
    /// How the answer cache took part: `coalesced` answers shared another client's request.
    package enum CacheState: String, Sendable {
        case hit, miss, coalesced, off
    }

    /// `provider/model` that answered, as routed.
    package var model: String
    package var provider: String
    /// The model name in the provider's reply; nil if it names none.
    package var providerModel: String?
    package var text = ""
    package var reasoning: [ReasoningPiece] = []
    package var toolCalls: [ToolCall] = []
    /// The order of text, reasoning and calls; empty if unknown.
    package var order: [Mark] = []
    package var finishReason: FinishReason = .other
    package var usage = Usage()
    /// Millionths of a US dollar; nil if unknown.
    package var costMicroUSD: Int?
    package var cache: CacheState = .off
    package var timing = Timing()
    package var attempts: [Attempt] = []
    /// The provider's request id, for its support.
    package var requestID: String?
    /// A code, a colon and a sentence each.
    package var warnings: [String] = []
    /// True if the built-in mock answered.
    package var isMock = false

    package init(model: String, provider: String) {
        self.model = model
        self.provider = provider
    }

    /// The position of one piece of content.
    package enum Mark: Sendable, Equatable {
        /// Text from this UTF-8 offset of `text` to the next text mark or the end.
        case text(Int)
        /// An index into `reasoning`.
        case reasoning(Int)
        /// An index into `toolCalls`.
        case call(Int)
    }

    /// True if there is neither text nor reasoning nor a tool call.
    package var isEmpty: Bool { text.isEmpty && reasoning.isEmpty && toolCalls.isEmpty }
}

/// One piece of reasoning, and its signature for sending it back; nil if the provider signs none.
package struct ReasoningPiece: Sendable, Equatable {
    package var text: String
    package var signature: String?

    package init(text: String, signature: String? = nil) {
        self.text = text
        self.signature = signature
    }
}

/// Durations of a request in milliseconds.
package struct Timing: Sendable, Equatable {
    package var queue: Double = 0
    /// The time from the request to the first token; nil if there was no content.
    package var firstToken: Double?
    package var total: Double = 0

    package init() {}
}

/// One entry of `attempts`: an upstream attempt, or a candidate that was skipped.
package struct Attempt: Sendable, Equatable {
    /// `provider/model`.
    package var model: String
    /// nil if it succeeded or was skipped.
    package var error: ErrorCode?
    /// HTTP status; nil if there was no reply.
    package var status: Int?
    package var milliseconds: Double
    /// The model's state because of which it was skipped; nil if it was asked.
    package var skipped: String?

    /// A candidate that was skipped because of its state.
    package init(model: String, skipped state: String) {
        self.init(model: model, error: nil, status: nil, milliseconds: 0)
        skipped = state
    }

    package init(model: String, error: ErrorCode?, status: Int?, milliseconds: Double) {
        self.model = model
        self.error = error
        self.status = status
        self.milliseconds = milliseconds
    }
}
