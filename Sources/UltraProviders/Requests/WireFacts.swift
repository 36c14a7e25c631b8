import UltraAPI

/// Facts about a server and a model that their names do not tell: from the configuration, the list of models, and
/// earlier refusals by the server.
package struct WireFacts: Sendable, Equatable {
    /// When to send the reasoning of earlier turns. The raw values are those of the configuration.
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
