/// What the configuration says of a model. `nil` means that it does not say.
package struct ConfiguredModel: Sendable, Equatable {
    package var kind: DiscoveredModel.Kind?
    package var displayName: String?
    package var capabilities: Set<Capability>?
    /// Tokens.
    package var contextWindow: Int?
    /// Tokens.
    package var maxOutputTokens: Int?
    package var price: Price?
    /// When the provider stops serving it, as the configuration writes it.
    package var retiresOn: String?

    package init() {}
}
