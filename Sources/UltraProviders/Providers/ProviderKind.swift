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

/// Providers that run on the local machine: enabled by an environment variable, and usable without a key.
extension ProviderKind {
    /// Docker Model Runner, enabled by `USE_MODEL_RUNNER=true`. It is called by HTTP, or as a program if
    /// `MODEL_RUNNER_TYPE=cli`.
    ///
    /// `MODEL_RUNNER_HOST` has the meaning it has for Docker's CLI: a URL, or `unix:///path` for the socket of Docker
    /// Desktop or of a standalone runner. `GPU_ENABLED` is validated but has no effect, because a runner's use of the
    /// GPU is decided at its installation.
    package static let docker = ProviderKind(
        id: "docker", displayName: "Docker Model Runner", keyVariables: [], endpointVariables: ["MODEL_RUNNER_HOST"],
        organizationVariable: nil, concurrencyVariable: "MAX_CONCURRENT_DOCKER",
        defaultEndpoint: "http://localhost:12434", versionPath: "/engines/v1", isLocal: true,
        backend: { kind, settings, allowsPlaintext in
            guard settings.flag("USE_MODEL_RUNNER", default: false) else { return nil }
            _ = settings.flag("GPU_ENABLED", default: false)
            switch settings.value("MODEL_RUNNER_TYPE")?.lowercased() {
            case nil, "api": break
            case "cli": return .command(DockerCommand(provider: kind.id, environment: settings.environment))
            default:
                settings.problem("MODEL_RUNNER_TYPE", "must be api or cli")
                return nil
            }
            let host = settings.value("MODEL_RUNNER_HOST")
            guard let host, host.hasPrefix(unixScheme) else {
                guard let endpoint = settings.endpoint(kind, allowsPlaintext: allowsPlaintext) else { return nil }
                let adapter = kind.makeAdapter(AdapterSettings(provider: kind.id, endpoint: endpoint))
                return .http(endpoint, adapters: [adapter])
            }
            let path = String(host.dropFirst(unixScheme.count))
            guard path.hasPrefix("/"), path.utf8.count < 108 else {
                settings.problem("MODEL_RUNNER_HOST", "must name a socket by its absolute path, with at most 107 bytes")
                return nil
            }
            // Docker's own socket serves the runner below a path prefix.
            let prefix = path.hasSuffix("/docker.sock") ? DockerAdapter.socketPrefix : ""
            do throws(Endpoint.Flaw) {
                let endpoint = try Endpoint("http://localhost\(prefix)", versionPath: kind.versionPath)
                return .http(
                    endpoint,
                    adapters: [DockerAdapter(provider: kind.id, endpoint: endpoint, socketPath: path)])
            } catch {
                settings.problem("MODEL_RUNNER_HOST", error.reason)
                return nil
            }
        }
    ) { settings in
        DockerAdapter(provider: settings.provider, endpoint: settings.endpoint)
    }

    private static let unixScheme = "unix://"

    /// Ollama: a server at `OLLAMA_HOST`, or the hosted service if only `OLLAMA_API_KEY` is set.
    static let ollama = ProviderKind(
        id: "ollama", displayName: "Ollama", keyVariables: ["OLLAMA_API_KEY"], endpointVariables: ["OLLAMA_HOST"],
        organizationVariable: nil, concurrencyVariable: "MAX_CONCURRENT_OLLAMA",
        defaultEndpoint: OllamaHost.hosted, versionPath: "", isLocal: true,
        backend: { kind, settings, allowsPlaintext in
            let host = settings.value("OLLAMA_HOST")
            let keys = settings.keys(kind.keyVariables)
            guard host != nil || !keys.isEmpty else { return nil }
            do throws(Endpoint.Flaw) {
                let endpoint = try Endpoint(
                    host.map { OllamaHost.url($0) } ?? kind.defaultEndpoint, versionPath: kind.versionPath,
                    allowsPlaintext: allowsPlaintext)
                let adapters = (keys.isEmpty ? [nil] : keys.map(Optional.some)).map { key in
                    kind.makeAdapter(AdapterSettings(provider: kind.id, endpoint: endpoint, key: key))
                }
                return .http(endpoint, adapters: adapters)
            } catch {
                settings.problem("OLLAMA_HOST", error.reason)
                return nil
            }
        }
    ) { settings in
        OllamaAdapter(provider: settings.provider, endpoint: settings.endpoint, key: settings.key)
    }
}
