package import UltraAPI

/// Cohere's chat and embedding API, version 2. Reranking is not offered: the wire protocol has no operation for it.
package struct CohereAdapter: Adapter {
    package let provider: String
    package let endpoint: Endpoint
    package let key: Secret?
    /// The client wants one tool call at most, which Cohere cannot be told: the others are left out of the answer.
    let takesOneCall: Bool

    package init(provider: String = "cohere", endpoint: Endpoint, key: Secret?) {
        self.init(provider: provider, endpoint: endpoint, key: key, takesOneCall: false)
    }

    private init(provider: String, endpoint: Endpoint, key: Secret?, takesOneCall: Bool) {
        self.provider = provider
        self.endpoint = endpoint
        self.key = key
        self.takesOneCall = takesOneCall
    }

    /// An adapter that knows, when the answer comes, how many calls the client wants.
    package func serving(_ request: Request, model: String) -> any Adapter {
        CohereAdapter(
            provider: provider, endpoint: endpoint, key: key, takesOneCall: request.parallelToolCalls == false)
    }

    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        let message = (error.message ?? "").lowercased()
        switch (error.type, status) {
        case ("TOO_MANY_TOKENS", _): return ErrorClass(.contextLength, isRetryable: false)
        // What the model wrote was no call; the next time it may be.
        case ("INVALID_TOOL_GENERATION", _): return ErrorClass(.upstreamError, isRetryable: true)
        case (_, 400) where message.hasPrefix("too many tokens"): return ErrorClass(.contextLength, isRetryable: false)
        // A monthly allowance, which a trial key is told of as a rate limit.
        case (_, 429) where message.contains("month"): return ErrorClass(.quotaExceeded, isRetryable: false)
        case (_, 498): return ErrorClass(.contentFiltered, isRetryable: false)
        case (_, 499): return ErrorClass(.upstreamError, isRetryable: false)
        default: return ErrorClass.standard(error, status: status)
        }
    }

    func headers(_ accept: String = "application/json") -> [HTTPHeader] {
        let authorization = key.map { [HTTPHeader("Authorization", "Bearer \($0.exposed())")] } ?? []
        return authorization + [HTTPHeader("Accept", accept)]
    }

    /// The calls are of different versions, whichever the endpoint ends in.
    func url(_ version: String, _ path: String) -> String {
        let root =
            ["/v1", "/v2"].contains(where: endpoint.base.hasSuffix) ? String(endpoint.base.dropLast(3)) : endpoint.base
        let query = endpoint.query.map { (path.contains("?") ? "&" : "?") + $0 } ?? ""
        return root + "/" + version + path + query
    }

    /// A call of version 2 with a body of JSON.
    func call(_ path: String, _ body: [UInt8], isStream: Bool = false) -> HTTPRequest {
        HTTPRequest(
            url: url("v2", path),
            headers: headers(isStream ? "text/event-stream" : "application/json") + [
                HTTPHeader("Content-Type", "application/json")
            ], body: body)
    }
}
