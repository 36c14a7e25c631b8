/// A `generate` or `stream` request: validated, and independent of any provider.
package struct Request: Sendable, Equatable {
    /// `provider/model`, a model id, an alias, a route or `tag:NAME`; nil for the default model.
    package var model: String?
    /// Never empty. The wire's `prompt` and `system` have been turned into messages.
    package var messages: [Message]
    package var sampling = Sampling()
    package var tools: [Tool] = []
    package var toolChoice: ToolChoice?
    /// nil for the provider's default.
    package var parallelToolCalls: Bool?
    package var responseFormat: ResponseFormat = .text
    package var reasoning: Reasoning?
    package var cache: CacheMode = .default
    package var fallback: Fallback = .configured
    /// If the provider fails in the middle of a stream, another model may start over (`fallback_mid_stream`).
    package var restartsMidStream = false
    package var timeouts = Timeouts()
    /// The client's labels, recorded in the usage ledger.
    package var tags: [String] = []
    /// JSON objects by provider id, merged unchanged into the request body for that provider.
    package var providerOptions: [String: RawJSON] = [:]
    /// True if the client asked for `progress` events.
    package var wantsProgress = false

    package init(model: String? = nil, messages: [Message]) {
        self.model = model
        self.messages = messages
    }
}

/// Output limit and sampling parameters; nil for the provider's default.
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

/// Use of the answer cache: as configured, not at all, or replacing a cached answer.
package enum CacheMode: String, Sendable {
    case `default`, off, refresh
}

/// The models that may answer if the requested one cannot.
package enum Fallback: Sendable, Equatable {
    /// The route or fallback list of the configuration.
    case configured
    case none
    case models([String])
}

/// Timeouts of one request in milliseconds; nil for the configured default.
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

/// A validated JSON text, passed on byte for byte.
package struct RawJSON: Sendable, Equatable, Hashable {
    package let bytes: [UInt8]

    /// - Precondition: `JSONReader` has validated `bytes`.
    package init(validated bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// A tool that the model may call.
package struct Tool: Sendable, Equatable {
    package var name: String
    package var description: String?
    /// The JSON Schema of the arguments; nil if there are none.
    package var parameters: RawJSON?

    package init(name: String, description: String? = nil, parameters: RawJSON? = nil) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }
}

/// Whether and which tool the model must call.
package enum ToolChoice: Sendable, Equatable {
    case auto, none, required
    case named(String)
}

/// The required format of the answer.
package enum ResponseFormat: Sendable, Equatable {
    case text
    case json
    case schema(name: String, schema: RawJSON, strict: Bool)
}

/// How much the model may reason before it answers; nil for the provider's default.
package struct Reasoning: Sendable, Equatable {
    package enum Effort: String, Sendable {
        case minimal, low, medium, high
    }

    package var effort: Effort?
    package var budgetTokens: Int?
    /// Return the reasoning text if the provider supplies it.
    package var isIncluded: Bool

    package init(effort: Effort? = nil, budgetTokens: Int? = nil, isIncluded: Bool = true) {
        self.effort = effort
        self.budgetTokens = budgetTokens
        self.isIncluded = isIncluded
    }
}
