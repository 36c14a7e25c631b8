/// A variable the configuration itself reads; those of the providers are in `ProviderKind`.
struct EnvironmentVariable: Sendable {
    let name: String
    /// One sentence without its full stop, for `etc/ultrad.env`.
    let doc: String

    static let own: [EnvironmentVariable] = [
        EnvironmentVariable(name: "ULTRAD_SOCKET", doc: "Listen on this Unix socket"),
        EnvironmentVariable(
            name: "LOG_LEVEL", doc: "The least that is logged: trace, debug, info, notice, warning, error or critical"),
        EnvironmentVariable(name: "DEFAULT_MODEL", doc: "For requests that name no model"),
        EnvironmentVariable(
            name: "USE_LOCAL_MODELS_WHEN_OFFLINE", doc: "When no cloud provider is reachable, local models answer"),
        EnvironmentVariable(name: "HTTP_PROXY", doc: "The proxy for http:// endpoints; http_proxy means the same"),
        EnvironmentVariable(name: "HTTPS_PROXY", doc: "The proxy for https:// endpoints; https_proxy means the same"),
        EnvironmentVariable(
            name: "NO_PROXY",
            doc:
                "Hosts, domains, networks, also with a port, or * that are reached without a proxy; no_proxy means the same"
        ),
        EnvironmentVariable(
            name: "SSL_CERT_FILE", doc: "PEM file of the authorities to trust in place of the system's"),
    ]
}
