internal import CCurl
internal import Glibc
package import UltraAPI

/// Why a transfer failed, and how far it had come.
package struct TransportError: Error, Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// `refused` and `unreachable` may concern the proxy; the message names host and port.
        case resolve, refused, unreachable
        /// The proxy's name does not resolve, or the proxy denied the tunnel, closed the connection, or requires
        /// authentication (407).
        case proxy
        case tls
        /// Expired or not yet valid, by this machine's clock.
        case certificateExpired
        case certificateUntrusted, certificateWrongHost
        /// The peer closed or reset the connection.
        case connectionLost
        case protocolViolation
        /// The reply exceeds one of our limits, which the message names.
        case tooLarge
        case timeout(TimeoutKind)
        case cancelled
        case `internal`
    }

    /// The stage a transfer has reached.
    package enum Phase: Int, Sendable, Comparable {
        case queued, resolving, connecting, tls
        /// The request is being or was sent; no byte of the reply has arrived.
        case waiting
        /// The reply has begun.
        case body

        package static func < (a: Phase, b: Phase) -> Bool { a.rawValue < b.rawValue }
    }

    package let kind: Kind
    package let phase: Phase
    /// For people: usually libcurl's own message. It contains neither header fields nor credentials.
    package let message: String

    package init(_ kind: Kind, _ phase: Phase, _ message: String) {
        self.kind = kind
        self.phase = phase
        self.message = message
    }
}

/// Translates libcurl's results into `TransportError`.
extension CurlEasy {
    /// The error for a failed transfer. Call it before the handle is reused.
    func failure(_ code: CURLcode) -> TransportError {
        var systemError = 0
        ccurl_getinfo_long(handle, CURLINFO_OS_ERRNO, &systemError)
        var verification = 0
        ccurl_getinfo_long(handle, CURLINFO_SSL_VERIFYRESULT, &verification)
        let kind = TransportError.Kind(
            code, systemError: CInt(truncatingIfNeeded: systemError), verification: verification)
        if let refusal = refusalOfProxy(code) { return refusal }
        // libcurl 7.88 reports a header line longer than its buffer limit as out of memory.
        if code == CURLE_OUT_OF_MEMORY, time(CURLINFO_STARTTRANSFER_TIME_T) > 0 {
            return TransportError(.protocolViolation, phase, "its header contains a line that is too long")
        }
        hasOnlyStreamFailed = code == CURLE_HTTP2_STREAM
        // libcurl 7.88 sets the connect time only after the TLS handshake.
        return TransportError(kind, kind.isTLSFailure ? max(phase, .tls) : phase, message(code))
    }

    /// libcurl's message. For a proxy URL that it cannot parse it quotes the URL with its password, which is removed
    /// here.
    private func message(_ code: CURLcode) -> String {
        let text = errorBuffer.pointee == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorBuffer)
        guard let proxy, text.contains(proxy) else { return text }
        return text.replacing(proxy, with: Self.name(ofProxy: proxy))
    }

    // MARK: - Proxies

    /// The error for a reply with status 407, which comes from a proxy in the provider's place.
    func authenticationRefusal(_ head: HTTPHead) -> TransportError {
        let schemes = head.headers.filter { $0.name == "proxy-authenticate" }
            .compactMap { $0.value.split(separator: " ").first.map { String($0.prefix(32)) } }
        return authenticationRefusal(schemes)
    }

    private func authenticationRefusal(_ schemes: [String]) -> TransportError {
        let name = proxy.map { Self.name(ofProxy: $0) } ?? "a proxy that is not configured"
        let wanted = schemes.isEmpty ? "" : " (\(schemes.joined(separator: ", ")))"
        let given = proxy.map { Self.credentials(ofProxy: $0) != nil } ?? false
        let rejection = given ? ", and rejected those that are configured" : ""
        return TransportError(.proxy, phase, "\(name) requires a user name and a password\(wanted)\(rejection)")
    }

    /// The error if the proxy refused the tunnel or closed the connection; nil if it did not. Before the request itself
    /// is sent, only a proxy can have replied.
    private func refusalOfProxy(_ code: CURLcode) -> TransportError? {
        guard let proxy, phase < .waiting else { return nil }
        var status = 0
        ccurl_getinfo_long(handle, CURLINFO_HTTP_CONNECTCODE, &status)
        if status == 407 {
            var offered = 0
            ccurl_getinfo_long(handle, CURLINFO_PROXYAUTH_AVAIL, &offered)
            let schemes = [(1, "Basic"), (2, "Digest"), (4, "Negotiate"), (8, "NTLM"), (64, "Bearer")]
            return authenticationRefusal(schemes.filter { offered & $0.0 != 0 }.map(\.1))
        }
        if status >= 300 {
            return TransportError(.proxy, phase, "\(Self.name(ofProxy: proxy)) answered HTTP \(status)")
        }
        guard [CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING].contains(code) else { return nil }
        return TransportError(.proxy, phase, "\(Self.name(ofProxy: proxy)) closed the connection: \(message(code))")
    }

    /// Host and port of a proxy URL, without scheme and credentials.
    nonisolated static func name(ofProxy url: String) -> String {
        let authority = authority(ofProxy: url)
        guard let at = authority.lastIndex(of: "@") else { return String(authority) }
        return String(authority[authority.index(after: at)...])
    }

    /// nil if the URL has none.
    private static func credentials(ofProxy url: String) -> Substring? {
        let authority = authority(ofProxy: url)
        return authority.lastIndex(of: "@").map { authority[..<$0] }
    }

    /// User, password, host and port. Everything up to the last `@` is credentials, even a slash.
    private nonisolated static func authority(ofProxy url: String) -> Substring {
        let rest = url[(url.firstRange(of: "://")?.upperBound ?? url.startIndex)...]
        let host = rest.lastIndex(of: "@") ?? rest.startIndex
        return rest[..<(rest[host...].firstIndex(of: "/") ?? rest.endIndex)]
    }
}

extension TransportError.Kind {
    fileprivate var isTLSFailure: Bool {
        switch self {
        case .tls, .certificateExpired, .certificateUntrusted, .certificateWrongHost: true
        case .resolve, .refused, .unreachable, .proxy, .connectionLost, .protocolViolation, .tooLarge,
            .timeout, .cancelled, .internal:
            false
        }
    }

    /// Maps a libcurl result (libcurl-errors(3)) and, for certificates, OpenSSL's `X509_V_ERR_*` in `verification`.
    fileprivate init(_ code: CURLcode, systemError: CInt, verification: Int) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: self = .resolve
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: self = .proxy
        case CURLE_COULDNT_CONNECT where systemError == ECONNREFUSED: self = .refused
        case CURLE_COULDNT_CONNECT: self = .unreachable
        case CURLE_OPERATION_TIMEDOUT: self = .timeout(.connect)
        case CURLE_PEER_FAILED_VERIFICATION:
            switch verification {
            case 9, 10: self = .certificateExpired
            case 2, 18, 19, 20, 21: self = .certificateUntrusted
            default: self = .certificateWrongHost
            }
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM: self = .tls
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_WRITE_ERROR,
            CURLE_HTTP2, CURLE_BAD_CONTENT_ENCODING:
            self = .protocolViolation
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2_STREAM:
            self = .connectionLost
        default: self = .internal
        }
    }
}
