import UltraAPI

/// A provider's constraints on requests beyond the structure of its API: the data by which `RequestRepair` works.
///
/// The defaults suit most providers.
package struct RequestConstraints: Sendable, Equatable {
    /// The allowed names of tools.
    var toolNames = NameRule.word64
    /// The allowed ids of tool calls.
    var callIDs = NameRule.any
    /// The required form of the JSON Schema of a tool's parameters.
    var toolSchemas = ToolSchemaConstraints()
    /// True if call arguments must not have two members of the same name, because only one would reach the model.
    var refusesRepeatedKeys = false
    /// The treatment of reasoning from earlier turns if the configuration does not set one.
    var reasoning = ReasoningReturn.asWritten

    package init() {}

    /// The constraints of servers that implement OpenAI's Chat Completions; most of them accept no reasoning of earlier
    /// turns.
    init(chat: Bool) {
        self.init()
        reasoning = .never
        toolSchemas.isRequired = true
    }
}

/// A provider's constraints on the JSON Schema of a tool's parameters, beyond being valid.
struct ToolSchemaConstraints: Sendable, Equatable {
    /// The schema is required, even for a tool without parameters.
    var isRequired = false
    /// The root must be `"type": "object"`, without `$ref`, `anyOf`, `oneOf` or `allOf`.
    var hasPlainRoot = true
    /// Every object schema must have `properties`, every array schema `items`.
    var isComplete = true
    /// Every object schema must have `required`.
    var hasRequired = false

    /// For adapters that rewrite schemas themselves.
    static let none = ToolSchemaConstraints(hasPlainRoot: false, isComplete: false)
}

/// The treatment of reasoning from earlier turns.
enum ReasoningReturn: Sendable, Equatable {
    /// Pass it to the adapter, which sends what its API has a place for.
    case asWritten
    /// Send it for turns with tool calls only, where such servers require it; they ignore or refuse it elsewhere. A
    /// turn is everything between two user messages.
    case turnsWithCalls
    case never
}

/// Facts about a server and a model that their names do not tell: from the configuration, the list of models, and
/// earlier refusals by the server.
package struct WireFacts: Sendable, Equatable {
    /// The rule for sending the reasoning of earlier turns back to a model. The raw values are the configuration's
    /// words.
    package enum ReturnReasoning: String, Sendable, CaseIterable {
        /// As the model's family requires.
        case auto
        case always
        case never
    }

    /// The context window that a local server is asked to allocate.
    package enum Window: Sendable, Equatable {
        /// As large as the request needs.
        case auto
        case tokens(Int)
        /// The server's default: requests do not mention the window.
        case server
    }

    /// Members of the request body that are not sent; see `RefusedMember` for the possible ones.
    package var omitted: Set<String> = []
    /// The configured treatment of reasoning from earlier turns.
    package var returnReasoning = ReturnReasoning.auto
    /// The model's context window in tokens; nil if unknown.
    package var contextWindow: Int?
    /// The configured context window of a local server.
    package var window = Window.auto
    /// The window in tokens that the server has already allocated. Asking for less would make it reload the model.
    package var minimumWindow = 0

    package init() {}
}
