import UltraAPI

/// What is known of a server and one of its models beyond what their names tell: from the configuration, from the list
/// of models, and from what the server refused.
package struct WireFacts: Sendable, Equatable {
    /// When the reasoning of earlier turns goes back; the raw values are the configuration's words.
    package enum ReturnReasoning: String, Sendable, CaseIterable {
        /// As the family of the model has it.
        case auto
        case always
        case never
    }

    /// The context window a local server is asked to make room for.
    package enum Window: Sendable, Equatable {
        /// As large as the request needs.
        case auto
        case tokens(Int)
        /// The server's own: it is not spoken of.
        case server
    }

    /// Members of the body that are not sent; see `RefusedMember` for what they may be.
    package var omitted: Set<String> = []
    package var returnReasoning = ReturnReasoning.auto
    /// The model's own, in tokens; `nil`: unknown.
    package var contextWindow: Int?
    package var window = Window.auto
    /// What the server made room for before: less would load the model anew.
    package var leastWindow = 0

    package init() {}
}
