internal import CCurl
internal import Glibc
internal import UltraAPI

/// What a failed transfer failed of, in the transport's words.
extension CurlEasy {
    func failure(_ code: CURLcode) -> TransportError {
        var systemError = 0
        ccurl_getinfo_long(handle, CURLINFO_OS_ERRNO, &systemError)
        var verification = 0
        ccurl_getinfo_long(handle, CURLINFO_SSL_VERIFYRESULT, &verification)
        let kind = TransportError.Kind(
            code, systemError: CInt(truncatingIfNeeded: systemError), verification: verification)
        if let refusal = refusalOfProxy(code) { return refusal }
        // libcurl has no other code for a line that is longer than its buffer may grow (7.88).
        if code == CURLE_OUT_OF_MEMORY, time(CURLINFO_STARTTRANSFER_TIME_T) > 0 {
            return TransportError(.protocolViolation, phase, "a line of its header is too long")
        }
        hasLostStreamAlone = code == CURLE_HTTP2_STREAM
        // libcurl notes the time of the connection only once TLS is through (7.88).
        return TransportError(kind, kind.isOfTLS ? max(phase, .tls) : phase, words(code))
    }

    /// libcurl's own. A proxy that it cannot make sense of it shows as it was given, with the password.
    private func words(_ code: CURLcode) -> String {
        let words = errorBuffer.pointee == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorBuffer)
        guard let proxy, words.contains(proxy) else { return words }
        return words.replacing(proxy, with: Self.name(ofProxy: proxy))
    }

    // MARK: - Proxies

    /// The refusal of a proxy that answers 407 in the provider's place.
    func authenticationRefusal(_ head: HTTPHead) -> TransportError {
        let schemes = head.headers.filter { $0.name == "proxy-authenticate" }
            .compactMap { $0.value.split(separator: " ").first.map { String($0.prefix(32)) } }
        return authenticationRefusal(schemes)
    }

    private func authenticationRefusal(_ schemes: [String]) -> TransportError {
        let name = proxy.map { Self.name(ofProxy: $0) } ?? "a proxy that is not configured"
        let wanted = schemes.isEmpty ? "" : " (\(schemes.joined(separator: ", ")))"
        let given = proxy.map { Self.credentials(ofProxy: $0) != nil } ?? false
        return TransportError(
            .proxy, phase,
            "\(name) wants a user name and a password\(wanted)\(given ? ", and does not accept those it was given" : "")"
        )
    }

    /// Whether a proxy denied the tunnel, or closed the connection in place of an answer: before the request proper
    /// there is nobody else who speaks.
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
        return TransportError(.proxy, phase, "\(Self.name(ofProxy: proxy)) closed the connection: \(words(code))")
    }

    /// Host and port of a proxy's URL: neither scheme nor user nor password.
    nonisolated static func name(ofProxy url: String) -> String {
        let authority = authority(ofProxy: url)
        guard let at = authority.lastIndex(of: "@") else { return String(authority) }
        return String(authority[authority.index(after: at)...])
    }

    private static func credentials(ofProxy url: String) -> Substring? {
        let authority = authority(ofProxy: url)
        return authority.lastIndex(of: "@").map { authority[..<$0] }
    }

    /// Up to the last `@` everything belongs to the password, a slash too.
    private nonisolated static func authority(ofProxy url: String) -> Substring {
        let rest = url[(url.firstRange(of: "://")?.upperBound ?? url.startIndex)...]
        let host = rest.lastIndex(of: "@") ?? rest.startIndex
        return rest[..<(rest[host...].firstIndex(of: "/") ?? rest.endIndex)]
    }
}

extension TransportError.Kind {
    fileprivate var isOfTLS: Bool {
        switch self {
        case .tls, .certificateExpired, .certificateUntrusted, .certificateWrongHost: true
        case .resolve, .refused, .unreachable, .proxy, .connectionLost, .protocolViolation, .tooLarge,
            .timeout, .cancelled, .internal:
            false
        }
    }

    /// What libcurl's result means; libcurl-errors(3), X509_V_ERR_* of OpenSSL for `verification`.
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
