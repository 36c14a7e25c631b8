package import UltraProviders

/// What the configuration says of one model (`[models."provider/model"]`); `nil` leaves it to discovery and catalogue.
package struct ModelSettings: Sendable, Equatable {
    package var aliases: [String] = []
    /// Its share where one is drawn from several; 0 keeps it out unless it is named. At most 1,000,000.
    package var weight = 1.0
    package var tags: [String] = []
    /// False: it is listed as `disabled` and never used.
    package var isEnabled = true
    package var kind: DiscoveredModel.Kind?
    package var capabilities: Set<Capability>?
    package var contextWindow: Int?
    package var maxOutputTokens: Int?
    package var price: Price?
    /// When the reasoning of earlier turns goes back to it.
    package var returnReasoning = WireFacts.ReturnReasoning.auto

    package init() {}
}
