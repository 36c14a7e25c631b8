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
            "concurrency", \.settings.concurrency, .optional(.integer(1...10_000), absent: "auto"),
            "Requests at once; auto: limits.calls_per_provider"),
        SettingKey("tags", \.settings.tags, .list(.name, of: "names"), "Of each of its models"),
        SettingKey(
            "allow_plaintext", \.allowsPlaintext, .boolean,
            "An http:// endpoint may be a public host, and the key is sent in the clear"),
        SettingKey(
            "api", \.settings.api, .optional(.choice(), absent: "auto"),
            "Which of OpenAI's APIs another server is asked with"),
    ]
}
