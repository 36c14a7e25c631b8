/// One `generate` or `stream` request: validated, and independent of any provider.
package struct Request: Sendable, Equatable {
    /// `provider/model`, a bare id, an alias, a route or `tag:NAME`; `nil` asks for the default model.
    package var model: String?
    /// Never empty. `prompt` and `system` of the wire are already folded in.
    package var messages: [Message]
    package var sampling = Sampling()
    package var tools: [Tool] = []
    package var toolChoice: ToolChoice?
    package var parallelToolCalls: Bool?
    package var responseFormat: ResponseFormat = .text
    package var reasoning: Reasoning?
    package var cache: CacheMode = .default
    package var fallback: Fallback = .configured
    package var restartsMidStream = false
    package var timeouts = Timeouts()
    /// Free labels for the usage ledger.
    package var tags: [String] = []
    /// Raw JSON objects by provider id, merged into that provider's request body as they are.
    package var providerOptions: [String: RawJSON] = [:]
    /// The client asked for `progress` frames.
    package var wantsProgress = false

    package init(model: String? = nil, messages: [Message]) {
        self.model = model
        self.messages = messages
    }
}

/// Output bounds and sampling parameters; `nil` leaves the provider's default.
package struct Sampling: Sendable, Equatable {
    package var maxTokens: Int?
    package var temperature: Double?
    package var topP: Double?
    package var topK: Int?
    package var stop: [String] = []
    package var seed: Int?
    package var frequencyPenalty: Double?
    package var presencePenalty: Double?

    package init() {}
}

package enum CacheMode: String, Sendable {
    case `default`, off, refresh
}

/// Which other models may answer when the named one cannot.
package enum Fallback: Sendable, Equatable {
    case configured
    case none
    case models([String])
}

/// Timers of one request in milliseconds; `nil` takes the configured default.
package struct Timeouts: Sendable, Equatable {
    package var connect: Int?
    package var firstToken: Int?
    package var idle: Int?
    package var total: Int?

    package init(connect: Int? = nil, firstToken: Int? = nil, idle: Int? = nil, total: Int? = nil) {
        self.connect = connect
        self.firstToken = firstToken
        self.idle = idle
        self.total = total
    }
}

/// A JSON text that was validated and is passed on byte for byte.
package struct RawJSON: Sendable, Equatable, Hashable {
    package let bytes: [UInt8]

    /// - Precondition: `bytes` were validated by `JSONReader`.
    package init(validated bytes: [UInt8]) {
        self.bytes = bytes
    }
}
