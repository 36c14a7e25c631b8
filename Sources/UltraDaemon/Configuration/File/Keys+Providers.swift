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
            "kind", \.kind, .optional(.choice(), absent: "built-in"), "What another server speaks, and its mark"),
        SettingKey(
            "endpoint", \.endpoint, .optional(.text("a URL"), absent: ""), "Empty: the provider's own"),
        SettingKey(
            "key_file", \.keyFile, .optional(.text("a path"), absent: ""),
            "Holds the key, or several, one a line; for your eyes alone (chmod 600). Environment and credentials win"),
        SettingKey(
            "key_variable", \.keyVariable, .optional(.variable, absent: ""),
            "The environment variable that holds another server's key"),
        SettingKey("enabled", \.settings.isEnabled, .boolean, "False: it is listed and never used"),
        SettingKey(
            "probe", \.settings.probe, .choice(),
            "How its health is found out: by its free list of models, or by live traffic alone"),
        SettingKey(
            "warm", \.settings.isKeptWarm, .boolean,
            "A connection is kept ready: where nothing else uses it, by a HEAD request without a key"),
        SettingKey(
            "concurrency", \.settings.concurrency, .optional(.integer(1...10_000), absent: "auto"),
            "Requests at once; auto: limits.calls_per_provider"),
        SettingKey("tags", \.settings.tags, .list(.name, of: "names"), "Of each of its models"),
        SettingKey(
            "allow_plaintext", \.allowsPlaintext, .boolean,
            "An http:// endpoint may be a public host, and the key is sent in the clear"),
        SettingKey(
            "api", \.settings.api, .optional(.choice(), absent: "auto"),
            "Which of OpenAI's APIs another server is asked with"),
        SettingKey(
            "omit", \.settings.omit, .list(.refusable, of: "parameters"),
            "Parameters that the server refuses, such as stream_options; a refusal is also learnt from the server, "
                + "until the daemon ends"),
        SettingKey(
            "num_ctx", \.settings.window, .window,
            "The context window Ollama makes room for; auto: what a request needs, server: Ollama's own"),
    ]
}
