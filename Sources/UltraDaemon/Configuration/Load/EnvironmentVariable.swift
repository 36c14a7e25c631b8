/// A variable that the configuration reads. The variables of providers are in `ProviderKind`.
struct EnvironmentVariable: Sendable {
    let name: String
    /// One sentence without its full stop, for `etc/ultrad.env`.
    let doc: String

    static let own: [EnvironmentVariable] = [
        EnvironmentVariable(name: "ULTRAD_SOCKET", doc: "Path of the Unix socket"),
        EnvironmentVariable(
            name: "LOG_LEVEL",
            doc: "Minimum level of log messages: trace, debug, info, notice, warning, error or critical"),
        EnvironmentVariable(name: "DEFAULT_MODEL", doc: "Model for requests that name none"),
        EnvironmentVariable(
            name: "USE_LOCAL_MODELS_WHEN_OFFLINE", doc: "Let local models answer when no cloud provider is reachable"),
        EnvironmentVariable(name: "HTTP_PROXY", doc: "Proxy for http:// endpoints; http_proxy is a synonym"),
        EnvironmentVariable(name: "HTTPS_PROXY", doc: "Proxy for https:// endpoints; https_proxy is a synonym"),
        EnvironmentVariable(
            name: "NO_PROXY",
            doc: "Hosts, domains and networks that are reached without a proxy, optionally with a port; * for all; "
                + "no_proxy is a synonym"),
        EnvironmentVariable(
            name: "SSL_CERT_FILE", doc: "PEM file of the certificate authorities to trust instead of the system's"),
    ]
}
