/// What holds for every transfer.
package struct TransportSettings: Sendable, Equatable {
    package var userAgent = "ultrad"
    /// PEM file of the authorities to trust in place of the system's file (`SSL_CERT_FILE`). The system's directory
    /// of authorities, where libcurl was built with one, stays trusted as with OpenSSL.
    package var certificateFile: String?
    /// Proxy for `http` upstreams (`HTTP_PROXY`) and for `https` ones (`HTTPS_PROXY`).
    package var httpProxy: String?
    package var httpsProxy: String?
    /// Hosts that are reached without a proxy (`NO_PROXY`).
    package var noProxy: String? {
        didSet { exceptions = ProxyExceptions(noProxy) }
    }
    private var exceptions = ProxyExceptions(nil)
    /// An idle connection older than this is not used again; shorter where its host closes sooner. Whole seconds count.
    package var longestIdle = Duration.seconds(118)

    package init() {}

    /// The proxy for `origin`, scheme, host and port of a URL; nil: none.
    func proxy(for origin: String) -> String? {
        guard let proxy = origin.hasPrefix("https:") ? httpsProxy : httpProxy, !proxy.isEmpty else { return nil }
        if exceptions.contains(origin) { return nil }
        // A proxy elsewhere would look for the server on its own loopback. One of this machine is asked: it was named.
        if ProxyExceptions.isThisMachine(origin), !ProxyExceptions.isThisMachine(proxy) { return nil }
        return proxy
    }
}

/// The timers of one exchange; nil: none.
package struct ExchangeTimeouts: Sendable, Equatable {
    /// Name resolution, connection and TLS handshake together.
    package var connect: Duration
    /// From the start to the first content (`contentBegan()`).
    package var firstToken: Duration?
    /// Between two reads after the first content; any byte starts it anew, time paused does not count.
    package var idle: Duration?
    package var total: Duration?

    package init(connect: Duration, firstToken: Duration? = nil, idle: Duration? = nil, total: Duration? = nil) {
        self.connect = connect
        self.firstToken = firstToken
        self.idle = idle
        self.total = total
    }
}
