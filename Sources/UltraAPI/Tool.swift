/// A function the model may call.
package struct Tool: Sendable, Equatable {
    package var name: String
    package var description: String?
    /// JSON Schema of the arguments; `nil`: it takes none.
    package var parameters: RawJSON?

    package init(name: String, description: String? = nil, parameters: RawJSON? = nil) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }
}

package enum ToolChoice: Sendable, Equatable {
    case auto, none, required
    case named(String)
}

/// The form the answer must take.
package enum ResponseFormat: Sendable, Equatable {
    case text
    case json
    case schema(name: String, schema: RawJSON, strict: Bool)
}

/// How much a model may think before it answers.
package struct Reasoning: Sendable, Equatable {
    package enum Effort: String, Sendable {
        case minimal, low, medium, high
    }

    package var effort: Effort?
    package var budgetTokens: Int?
    /// Return the reasoning text, where the provider gives it. Default: true.
    package var isIncluded: Bool

    package init(effort: Effort? = nil, budgetTokens: Int? = nil, isIncluded: Bool = true) {
        self.effort = effort
        self.budgetTokens = budgetTokens
        self.isIncluded = isIncluded
    }
}
