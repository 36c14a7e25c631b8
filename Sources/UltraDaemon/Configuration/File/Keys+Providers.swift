internal import UltraProviders

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
