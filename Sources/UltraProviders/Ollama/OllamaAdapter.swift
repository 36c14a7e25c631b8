package import UltraAPI

/// Ollama's own API under `/api`: one JSON object a line.
///
/// Preferred to its OpenAI layer, which overrides the model's sampling defaults and cannot set the context window.
package struct OllamaAdapter: Adapter {
    package let provider: String
    /// Without `/api`.
    package let endpoint: Endpoint
    /// Of the hosted service; a server of one's own needs none.
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

    /// Words of its own for what a model cannot do; the rest is common.
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
