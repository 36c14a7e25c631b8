package import UltraAPI

/// The description of a built-in provider. Adding a provider means writing one adapter and one row in `all`; a server
/// that implements OpenAI's API needs neither (see `Provider.CompatibleServer`).
package struct ProviderKind: Sendable {
    /// The first part of `provider/model`.
    package let id: String
    package let displayName: String
    /// The environment variables that may hold keys, in order of precedence; empty if the provider needs no key.
    package let keyVariables: [String]
    /// The environment variables that may hold the endpoint, in order of precedence.
    package let endpointVariables: [String]
    /// The environment variable with the organization id; nil if the provider has none.
    package let organizationVariable: String?
    /// The environment variable with the maximum number of concurrent requests.
    package let concurrencyVariable: String
    /// The endpoint if none of `endpointVariables` is set.
    package let defaultEndpoint: String
    /// Appended to an endpoint without a version segment.
    package let versionPath: String
    /// True if the provider usually runs on this machine or in its network: it gets longer timeouts and is the fallback
    /// when the internet is unreachable.
    package let isLocal: Bool
    /// Reads the settings of a provider that is configured by more than keys and an endpoint. Returns nil if the
    /// provider is not enabled, or after adding a problem to the settings.
    var backend: (@Sendable (ProviderKind, inout Settings, _ allowsPlaintext: Bool) -> Provider.Backend?)?
    /// Makes the adapter for one key.
    package let makeAdapter: @Sendable (AdapterSettings) -> any Adapter
}

/// The values from which `ProviderKind.makeAdapter` makes an adapter.
package struct AdapterSettings: Sendable {
    package var provider: String
    package var endpoint: Endpoint
    package var key: Secret?
    package var organization: String?
}

extension ProviderKind {
    /// All built-in providers in listing order, except the mock, which is not called over HTTP.
    package static let all: [ProviderKind] = [
        ProviderKind(
            id: "openai", displayName: "OpenAI", keyVariables: ["OPENAI_API_KEY"],
            endpointVariables: ["OPENAI_API_ENDPOINT", "OPENAI_BASE_URL"], organizationVariable: "OPENAI_ORG_ID",
            concurrencyVariable: "MAX_CONCURRENT_OPENAI", defaultEndpoint: "https://api.openai.com/v1",
            versionPath: "/v1", isLocal: false
        ) { settings in
            // An unknown host in OpenAI's variable is assumed to be a gateway to OpenAI.
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
