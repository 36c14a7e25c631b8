package import UltraAPI

/// The adapter for Ollama's own API under `/api`: one JSON object per line.
///
/// It is preferred to Ollama's OpenAI-compatible API, which overrides the model's sampling defaults and cannot set the
/// context window.
package struct OllamaAdapter: Adapter {
    package let provider: String
    /// The base URL without `/api`.
    package let endpoint: Endpoint
    /// The key for the hosted service; nil for a local server.
    package let key: Secret?

    package init(provider: String = "ollama", endpoint: Endpoint, key: Secret? = nil) {
        self.provider = provider
        self.endpoint = endpoint
        self.key = key
    }

    package var framing: Framing { .jsonLines }

    package func listRequest(page: String?) -> HTTPRequest {
        HTTPRequest(method: .get, url: endpoint.url("/api/tags"), headers: headers(accept: "application/json"))
    }

    /// Recognises Ollama's message for a missing capability; all else is standard.
    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        if status == 400, error.message?.holds(" does not support ") == true {
            return ErrorClass(.capabilityMissing, isRetryable: false)
        }
        return .standard(error, status: status)
    }

    func call(_ path: String, accept: String = "application/json", _ body: [UInt8]) -> HTTPRequest {
        HTTPRequest(
            url: endpoint.url(path),
            headers: headers(accept: accept) + [HTTPHeader("Content-Type", "application/json")],
            body: body)
    }

    func refusal(_ code: ErrorCode, _ model: String, _ sentence: String, hint: String? = nil) -> UltraError {
        UltraError(
            code, "\(provider)/\(model) \(sentence)", hint: hint, provider: provider, model: "\(provider)/\(model)")
    }

    private func headers(accept: String) -> [HTTPHeader] {
        var headers: [HTTPHeader] = []
        if let key { headers.append(HTTPHeader("Authorization", "Bearer \(key.exposed())")) }
        headers.append(HTTPHeader("Accept", accept))
        return headers
    }
}

/// Converts `OLLAMA_HOST` to a URL, in all forms that Ollama's own client accepts.
///
/// The forms are `host`, `host:port`, `:port`, an IPv6 address with or without brackets, and
/// `http(s)://host[:port][/path]`. The default port is 11434 without a scheme, and otherwise the scheme's. A server's
/// bind address, `0.0.0.0` or `[::]`, becomes loopback.
enum OllamaHost {
    static let defaultPort = "11434"
    /// The address of Ollama's hosted service, which is used if there is a key but no host.
    static let hosted = "https://ollama.com"

    /// Converts a text that is not empty. An invalid host is passed on, and `Endpoint` refuses it.
    static func url(_ text: String) -> String {
        let text = unquoted(text)
        guard let schemeEnd = text.firstRange(of: "://") else { return bare(text) }
        let rest = text[schemeEnd.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let (host, port) = parts(authority)
        return text[..<schemeEnd.upperBound] + reachable(host) + (port.map { ":\($0)" } ?? "")
            + rest[authority.endIndex...]
    }

    private static func bare(_ text: String) -> String {
        let authority = text.prefix { $0 != "/" }
        let (host, port) = parts(authority)
        let path = text[authority.endIndex...]
        // Ollama's client treats this name as an https address.
        if host == "ollama.com", port == nil { return hosted + path }
        return "http://\(reachable(host)):\(port ?? defaultPort)\(path)"
    }

    /// Splits an authority into host and port, and puts an IPv6 address in brackets.
    private static func parts(_ authority: Substring) -> (host: String, port: String?) {
        if authority.first == "[", let end = authority.firstIndex(of: "]") {
            let rest = authority[authority.index(after: end)...]
            return (String(authority[...end]), rest.first == ":" ? String(rest.dropFirst()) : nil)
        }
        let colons = authority.count { $0 == ":" }
        if colons > 1 { return ("[\(authority)]", nil) }
        guard let colon = authority.firstIndex(of: ":") else { return (String(authority), nil) }
        return (String(authority[..<colon]), String(authority[authority.index(after: colon)...]))
    }

    private static func reachable(_ host: String) -> String {
        switch host {
        case "", "0.0.0.0": "127.0.0.1"
        case "[::]", "[::0]", "[0:0:0:0:0:0:0:0]": "[::1]"
        default: host
        }
    }

    private static func unquoted(_ text: String) -> String {
        for quote in ["\"", "'"] where text.count > 1 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast())
        }
        return text
    }
}
