package import UltraProviders

/// The settings of one provider (`[providers.NAME]`), except those that its adapters are built from.
package struct ProviderSettings: Sendable, Equatable {
    package enum Probe: String, Sendable, CaseIterable {
        /// Probes request the list of models, or the nearest request that the provider's API has.
        case list
        /// No probes: only live traffic shows the provider's health.
        case none
    }

    /// False: the provider is listed as `disabled` and never used.
    package var isEnabled = true
    package var probe = Probe.list
    /// True: a connection to the provider is kept open, see `WarmPool`.
    package var isKeptWarm = true
    /// Concurrent requests to the provider; nil: `Limits.callsPerProvider`.
    package var concurrency: Int?
    /// The OpenAI API that an OpenAI-compatible server is used with; nil: `chat`.
    package var api: OpenAIAdapter.API?
    /// Members of the request body that the server rejects, see `RefusedMember`.
    package var omit: [String] = []
    /// The context window that Ollama is asked to allocate.
    package var window = WireFacts.Window.auto
    /// Tags of every model of the provider.
    package var tags: [String] = []

    package init() {}
}

/// A table `[providers.NAME]`: the values that the provider's adapters are built from, and its `ProviderSettings`.
struct ProviderTable: Sendable, Equatable {
    enum Kind: String, CaseIterable {
        case openAICompatible = "openai-compatible"
    }

    /// nil: NAME is a built-in provider.
    var kind: Kind?
    /// nil: the built-in provider's own.
    var endpoint: String?
    /// A path, relative to the configuration file's folder.
    var keyFile: String?
    /// The name of the environment variable with the key of an OpenAI-compatible server.
    var keyVariable: String?
    /// True: an `http` endpoint may be a public host.
    var allowsPlaintext = false
    var settings = ProviderSettings()
}

extension KeyType where Value == String {
    /// A member of a request that can be left out.
    fileprivate static var refusable: Self {
        KeyType("the name of a parameter that can be left out", example: "\"stream_options\"", write: Quantity.quoted) {
            if case .text(let text) = $0, RefusedMember.isName(text) { text } else { nil }
        }
    }
}

extension KeyType where Value == WireFacts.Window {
    fileprivate static var window: Self {
        KeyType(
            "\"auto\", \"server\" or a whole number from 256 to 100000000",
            write: { window in
                switch window {
                case .auto: Quantity.quoted("auto")
                case .server: Quantity.quoted("server")
                case .tokens(let tokens): "\(tokens)"
                }
            },
            parse: { value in
                switch value {
                case .text("auto"): .auto
                case .text("server"): .server
                case .integer(let tokens) where (256...100_000_000).contains(tokens): .tokens(tokens)
                default: nil
                }
            })
    }
}

extension ProviderTable: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey(
            "kind", \.kind, .optional(.choice(), absent: "built-in"), "Protocol of a server that is not built in"),
        SettingKey(
            "endpoint", \.endpoint, .optional(.text("a URL"), absent: ""),
            "Base URL of the API; empty: the provider's own"),
        SettingKey(
            "key_file", \.keyFile, .optional(.text("a path"), absent: ""),
            "File with the key, or several keys, one per line; only its owner may read it (chmod 600). "
                + "Environment and credentials take precedence"
        ),
        SettingKey(
            "key_variable", \.keyVariable, .optional(.variable, absent: ""),
            "Environment variable with the key of a server that is not built in"),
        SettingKey("enabled", \.settings.isEnabled, .boolean, "Use the provider; false: it is listed but never used"),
        SettingKey(
            "probe", \.settings.probe, .choice(),
            "Source of its health: its list of models, which is free, or only live traffic (none)"),
        SettingKey(
            "warm", \.settings.isKeptWarm, .boolean,
            "Keep a connection open between requests, if necessary by HEAD requests without a key"),
        SettingKey(
            "concurrency", \.settings.concurrency, .optional(.integer(1...10_000), absent: "auto"),
            "Maximum number of concurrent requests; auto: limits.calls_per_provider"),
        SettingKey("tags", \.settings.tags, .list(.name, of: "names"), "Tags of all its models"),
        SettingKey(
            "allow_plaintext", \.allowsPlaintext, .boolean,
            "Allow an http:// endpoint on a public host, to which the key is sent unencrypted"),
        SettingKey(
            "api", \.settings.api, .optional(.choice(), absent: "auto"),
            "OpenAI API of a server that is not built in; auto: chat"),
        SettingKey(
            "omit", \.settings.omit, .list(.refusable, of: "parameters"),
            "Request parameters to leave out because the server rejects them, such as stream_options. The daemon also "
                + "learns them from rejections, until it stops"),
        SettingKey(
            "num_ctx", \.settings.window, .window,
            "Context window that Ollama allocates, in tokens; auto: as large as each request needs, server: Ollama's setting"
        ),
    ]
}
