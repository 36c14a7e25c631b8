/// `[providers.NAME]`: what is made into a provider, and what is said of one.
struct ProviderTable: Sendable, Equatable {
    enum Kind: String, CaseIterable {
        case openAICompatible = "openai-compatible"
    }

    var kind: Kind?
    var endpoint: String?
    var keyFile: String?
    var keyVariable: String?
    var allowsPlaintext = false
    var settings = ProviderSettings()
}
