/// Who answers what.
package struct RoutingSettings: Sendable, Equatable {
    package enum Strategy: String, Sendable, CaseIterable {
        /// Drawn in proportion to the models' weights.
        case weighted
        /// As listed.
        case ordered
        /// The least time to the first token comes first.
        case fastest
        /// The lowest price comes first; a model without a known price comes last.
        case cheapest
    }

    /// A name that stands for several models.
    package struct Route: Sendable, Equatable {
        /// `provider/model`, or an alias.
        package var models: [String]
        package var strategy: Strategy

        package init(models: [String], strategy: Strategy = .ordered) {
            self.models = models
            self.strategy = strategy
        }
    }

    /// For requests that name no model.
    package var defaultModel: String?
    /// For aliases, tags and names that several models share.
    package var strategy = Strategy.weighted
    package var routes: [String: Route] = [:]
    /// Models tried in order when the named ones cannot answer, unless the request says otherwise.
    package var fallback: [String] = []
    /// When no cloud provider is reachable, local models answer.
    package var usesLocalModelsWhenOffline = false

    package init() {}
}
