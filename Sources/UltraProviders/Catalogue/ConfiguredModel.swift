/// What the configuration says about a model. A nil property means that it does not say.
package struct ConfiguredModel: Sendable, Equatable {
    package var kind: DiscoveredModel.Kind?
    package var displayName: String?
    package var capabilities: Set<Capability>?
    /// In tokens, input and output together.
    package var contextWindow: Int?
    /// In tokens.
    package var maxOutputTokens: Int?
    package var price: Price?
    /// The date on which the provider stops serving the model, in the configuration's notation.
    package var retiresOn: String?

    package init() {}
}
