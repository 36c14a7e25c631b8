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
