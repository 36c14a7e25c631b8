internal import UltraAPI
internal import UltraSystem

extension UltraError {
    /// True if a connection fell silent or broke, so that pooled connections of the same age may be broken too.
    var doubtsConnections: Bool {
        switch code {
        case .timeout, .connectFailed, .streamTruncated: true
        default: false
        }
    }

    /// Maps a failed transfer to the protocol's error, with a hint.
    /// - Parameters:
    ///   - head: the head of the reply, if it came before the failure.
    ///   - requestID: the provider's id of the exchange, if the head has it.
    init(
        _ error: TransportError, provider: String, model: String? = nil, _ head: HTTPHead? = nil,
        _ requestID: String? = nil
    ) {
        if Self.mayBeShortage(error), DescriptorLimit.isExhausted {
            self.init(
                .overloaded, "ultrad has too many open files: no file descriptor is left to reach \(provider)",
                hint: "ask again later; raise LimitNOFILE of ultrad.service, or the limit of ulimit -n",
                provider: "ultrad", model: model, isRetryable: true)
            return
        }
        let words = Self.words(for: error, provider)
        self.init(
            Self.code(for: error), words.message, hint: words.hint, provider: provider, model: model,
            status: head?.status, requestID: requestID, isRetryable: error.kind.mayPass)
        if case .timeout(let kind) = error.kind { self.timeout = kind }
        self.isConnectionRefused = error.kind == .refused
    }

    /// libcurl reports a failure of socket(2) as an unreachable host.
    private static func mayBeShortage(_ error: TransportError) -> Bool {
        switch error.kind {
        case .resolve, .unreachable, .internal: true
        case .refused, .proxy, .tls, .certificateExpired, .certificateUntrusted, .certificateWrongHost,
            .connectionLost, .protocolViolation, .tooLarge, .timeout, .cancelled:
            false
        }
    }

    private static func code(for error: TransportError) -> ErrorCode {
        switch error.kind {
        case .resolve, .refused, .unreachable, .proxy: .connectFailed
        case .tls, .certificateExpired, .certificateUntrusted, .certificateWrongHost: .connectFailed
        case .connectionLost: error.phase == .body ? .streamTruncated : .connectFailed
        case .protocolViolation: .upstreamProtocol
        case .tooLarge: .tooLarge
        case .timeout: .timeout
        case .cancelled: .cancelled
        case .internal: .internal
        }
    }

    private static func words(for error: TransportError, _ provider: String) -> (message: String, hint: String?) {
        switch error.kind {
        case .resolve:
            (
                "the name of \(provider)'s host does not resolve",
                "check the network, the DNS and the endpoint's spelling"
            )
        case .refused:
            (
                "the connection to \(provider) was refused: \(error.message)",
                "is the server running, and is the endpoint's port right? With a proxy: is HTTP_PROXY or HTTPS_PROXY?"
            )
        case .unreachable:
            (
                "\(provider)'s host cannot be reached: \(error.message)",
                "check the network, the firewall and the endpoint"
            )
        case .proxy:
            (
                "the proxy to \(provider) failed: \(error.message)",
                "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY; user and password stand in the proxy's URL"
            )
        case .tls:
            (
                "no TLS connection to \(provider): \(error.message)",
                "is the endpoint's https right, or does it speak http?"
            )
        case .certificateExpired:
            (
                "the certificate of \(provider)'s host has expired, or is not yet valid",
                "check this machine's clock; else its operator must renew"
            )
        case .certificateUntrusted:
            (
                "the certificate of \(provider)'s host is signed by an unknown authority",
                "if a proxy or server of yours signs it, name its CA file in SSL_CERT_FILE"
            )
        case .certificateWrongHost:
            ("the certificate of \(provider)'s host is for another name", "check the endpoint's host name")
        case .connectionLost where error.phase == .body:
            ("\(provider) broke the connection in the middle of the answer", "ask again")
        case .connectionLost:
            ("\(provider) closed the connection without an answer", "ask again; if it persists, check the endpoint")
        case .protocolViolation:
            ("\(provider) did not speak HTTP as it should: \(error.message)", "does the endpoint name an HTTP API?")
        case .tooLarge:
            ("\(provider) sent too much: \(error.message)", "ask for less; the limit cannot be raised")
        case .timeout(let kind):
            ("\(provider) did not answer in time: the \(kind.rawValue) timer ran out", hint(for: kind))
        case .cancelled:
            ("the request was cancelled", nil)
        case .internal:
            ("libcurl failed: \(error.message)", "please report this as a bug of ultrad")
        }
    }

    private static func hint(for kind: TimeoutKind) -> String {
        switch kind {
        case .connect: "check the network and the endpoint"
        case .firstToken, .idle: "the model may be busy: ask again, or raise timeouts_ms.\(kind.rawValue)"
        case .total, .queue, .writeStall: "ask for less, or raise timeouts_ms.total or timeout_ms"
        }
    }
}

extension TransportError.Kind {
    /// True if another attempt may succeed.
    fileprivate var mayPass: Bool {
        switch self {
        case .tooLarge, .cancelled: false
        case .resolve, .refused, .unreachable, .proxy, .tls, .certificateExpired, .certificateUntrusted,
            .certificateWrongHost, .connectionLost, .protocolViolation, .timeout, .internal:
            true
        }
    }
}
