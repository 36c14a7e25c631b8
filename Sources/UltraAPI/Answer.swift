/// A complete answer, assembled from its events, with what the daemon knows about how it came about.
package struct Answer: Sendable, Equatable {
    package enum CacheState: String, Sendable {
        case hit, miss, coalesced, off
    }

    /// `provider/model` that answered.
    package var model: String
    package var provider: String
    package var providerModel: String?
    package var text = ""
    package var reasoning: [ReasoningPiece] = []
    package var toolCalls: [ToolCall] = []
    /// The order in which text, reasoning and calls came; empty: it is not known.
    package var order: [Mark] = []
    package var finishReason: FinishReason = .other
    package var usage = Usage()
    package var costMicroUSD: Int?
    package var cache: CacheState = .off
    package var timing = Timing()
    package var attempts: [Attempt] = []
    package var requestID: String?
    package var warnings: [String] = []
    /// The built-in mock answered.
    package var isMock = false

    package init(model: String, provider: String) {
        self.model = model
        self.provider = provider
    }

    /// One stretch of the answer.
    package enum Mark: Sendable, Equatable {
        /// Of `text`, from this UTF-8 byte up to where the next one begins.
        case text(Int)
        /// An index of `reasoning`.
        case reasoning(Int)
        /// An index of `toolCalls`.
        case call(Int)
    }

    /// Neither text nor reasoning nor a call.
    package var isEmpty: Bool { text.isEmpty && reasoning.isEmpty && toolCalls.isEmpty }
}

/// A stretch of reasoning, and the proof of it that goes back with it.
package struct ReasoningPiece: Sendable, Equatable {
    package var text: String
    package var signature: String?

    package init(text: String, signature: String? = nil) {
        self.text = text
        self.signature = signature
    }
}

/// Where the time of a request went, in milliseconds.
package struct Timing: Sendable, Equatable {
    package var queue: Double = 0
    /// Until the first content; `nil`: there was none.
    package var firstToken: Double?
    package var total: Double = 0

    package init() {}
}
