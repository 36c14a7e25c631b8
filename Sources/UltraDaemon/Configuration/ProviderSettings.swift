package import UltraProviders

/// What the configuration says of one provider beyond what its adapters are made of (`[providers.NAME]`).
package struct ProviderSettings: Sendable, Equatable {
    package enum Probe: String, Sendable, CaseIterable {
        /// The list of models, or what comes nearest to it.
        case list
        /// Live traffic alone.
        case none
    }

    package var isEnabled = true
    package var probe = Probe.list
    /// A connection to it is made at the start and kept ready, by a request for nothing where it is not used.
    package var isKeptWarm = true
    /// Requests upstream at once; `nil`: `Limits.callsPerProvider`.
    package var concurrency: Int?
    /// Which of OpenAI's APIs another server is asked with; `nil`: `chat`.
    package var api: OpenAIAdapter.API?
    /// Members of the body of a request that the server refuses: see `RefusedMember`.
    package var omit: [String] = []
    /// The context window a local server is asked to make room for.
    package var window = WireFacts.Window.auto
    /// Of every model of the provider.
    package var tags: [String] = []

    package init() {}
}
