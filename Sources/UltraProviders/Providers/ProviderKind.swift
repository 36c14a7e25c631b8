package import UltraAPI

/// A provider as Ultra knows it: one row of one table. A new provider is one adapter file and one row here; a new
/// server that speaks OpenAI's API needs neither (`CompatibleServer`).
package struct ProviderKind: Sendable {
    /// As in `provider/model`.
    package let id: String
    package let displayName: String
    /// Environment variables that hold keys, in order of precedence; empty: it needs none.
    package let keyVariables: [String]
    package let endpointVariables: [String]
    package let organizationVariable: String?
    package let concurrencyVariable: String
    package let defaultEndpoint: String
    /// Appended to an endpoint without a version.
    package let versionPath: String
    /// Runs on this machine or in its network: longer waits, and what is left when the network is gone.
    package let isLocal: Bool
    /// Reads what takes the place of keys and endpoint where it is not as simple; `nil`: not wanted, or a problem.
    var backend: (@Sendable (ProviderKind, inout Settings, _ allowsPlaintext: Bool) -> Provider.Backend?)?
    package let makeAdapter: @Sendable (AdapterSettings) -> any Adapter
}

/// What an adapter is made of.
package struct AdapterSettings: Sendable {
    package var provider: String
    package var endpoint: Endpoint
    package var key: Secret?
    package var organization: String?
}

extension ProviderKind {
    /// Every provider reached over HTTP, in the order they are listed. The mock is not: it is reached without any.
    package static let all: [ProviderKind] = [
        ProviderKind(
            id: "openai", displayName: "OpenAI", keyVariables: ["OPENAI_API_KEY"],
            endpointVariables: ["OPENAI_API_ENDPOINT", "OPENAI_BASE_URL"], organizationVariable: "OPENAI_ORG_ID",
            concurrencyVariable: "MAX_CONCURRENT_OPENAI", defaultEndpoint: "https://api.openai.com/v1",
            versionPath: "/v1", isLocal: false
        ) { settings in
            // Behind an unknown host there is a gateway to OpenAI.
            OpenAIAdapter(settings, dialect: .known(settings.endpoint.host) ?? .openAI)
        },
        ProviderKind(
            id: "anthropic", displayName: "Anthropic", keyVariables: ["ANTHROPIC_API_KEY"],
            endpointVariables: ["ANTHROPIC_API_ENDPOINT", "ANTHROPIC_BASE_URL"], organizationVariable: nil,
            concurrencyVariable: "MAX_CONCURRENT_ANTHROPIC", defaultEndpoint: "https://api.anthropic.com/v1",
            versionPath: "/v1", isLocal: false
        ) { settings in
            AnthropicAdapter(provider: settings.provider, endpoint: settings.endpoint, key: settings.key)
        },
        ProviderKind(
            id: "gemini", displayName: "Google Gemini", keyVariables: ["GOOGLE_API_KEY", "GEMINI_API_KEY"],
            endpointVariables: ["GEMINI_API_ENDPOINT"], organizationVariable: nil,
            concurrencyVariable: "MAX_CONCURRENT_GOOGLE",
            defaultEndpoint: "https://generativelanguage.googleapis.com/v1beta", versionPath: "/v1beta", isLocal: false
        ) { settings in
            GeminiAdapter(provider: settings.provider, endpoint: settings.endpoint, key: settings.key)
        },
        ProviderKind(
            id: "mistral", displayName: "Mistral", keyVariables: ["MISTRAL_API_KEY"],
            endpointVariables: ["MISTRAL_API_ENDPOINT", "MISTRAL_BASE_URL"], organizationVariable: nil,
            concurrencyVariable: "MAX_CONCURRENT_MISTRAL", defaultEndpoint: "https://api.mistral.ai/v1",
            versionPath: "/v1", isLocal: false
        ) { settings in
            MistralAdapter(provider: settings.provider, endpoint: settings.endpoint, key: settings.key)
        },
        ProviderKind(
            id: "cohere", displayName: "Cohere", keyVariables: ["COHERE_API_KEY", "CO_API_KEY"],
            endpointVariables: ["COHERE_API_ENDPOINT", "CO_API_URL"], organizationVariable: nil,
            concurrencyVariable: "MAX_CONCURRENT_COHERE", defaultEndpoint: "https://api.cohere.com/v2",
            versionPath: "/v2", isLocal: false
        ) { settings in
            CohereAdapter(provider: settings.provider, endpoint: settings.endpoint, key: settings.key)
        },
        .docker,
        .ollama,
    ]
}

extension OpenAIAdapter {
    fileprivate init(_ settings: AdapterSettings, dialect: Dialect) {
        self.init(
            provider: settings.provider, endpoint: settings.endpoint, key: settings.key,
            organization: settings.organization, dialect: dialect)
    }
}
