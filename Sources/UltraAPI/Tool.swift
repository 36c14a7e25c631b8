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
