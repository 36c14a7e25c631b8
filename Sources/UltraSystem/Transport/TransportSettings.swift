/// Settings that apply to every transfer.
package struct TransportSettings: Sendable, Equatable {
    package var userAgent = "ultrad"
    /// PEM file of certificate authorities to trust instead of the system's file (`SSL_CERT_FILE`); nil for the
    /// system's. As with OpenSSL, the system's directory of authorities stays trusted if libcurl was built with one.
    package var certificateFile: String?
    /// URL of the proxy for `http` upstreams (`HTTP_PROXY`) and for `https` upstreams (`HTTPS_PROXY`); nil if none.
    package var httpProxy: String?
    package var httpsProxy: String?
    /// Hosts that are reached without a proxy (`NO_PROXY`; see `ProxyExceptions`).
    package var noProxy: String? {
        didSet { exceptions = ProxyExceptions(noProxy) }
    }
    private var exceptions = ProxyExceptions(nil)
    /// An idle connection is not reused after this time, or sooner if its host closes sooner. Rounded down to seconds.
    package var longestIdle = Duration.seconds(118)

    package init() {}

    /// The proxy for `origin` (scheme, host and port); nil if there is none.
    func proxy(for origin: String) -> String? {
        guard let proxy = origin.hasPrefix("https:") ? httpsProxy : httpProxy, !proxy.isEmpty else { return nil }
        if exceptions.contains(origin) { return nil }
        // A remote proxy would connect to its own loopback. A proxy on this machine is used, since it was configured
        // explicitly.
        if ProxyExceptions.isThisMachine(origin), !ProxyExceptions.isThisMachine(proxy) { return nil }
        return proxy
    }
}

/// The timeouts of one exchange; nil means no timeout.
package struct ExchangeTimeouts: Sendable, Equatable {
    /// Name resolution, connection and TLS handshake together.
    package var connect: Duration
    /// From the start to the first content (`contentBegan()`): time to first token.
    package var firstToken: Duration?
    /// Between two reads after the first content. Any byte restarts it; time spent paused does not count.
    package var idle: Duration?
    /// From the start to the end.
    package var total: Duration?

    package init(connect: Duration, firstToken: Duration? = nil, idle: Duration? = nil, total: Duration? = nil) {
        self.connect = connect
        self.firstToken = firstToken
        self.idle = idle
        self.total = total
    }
}
