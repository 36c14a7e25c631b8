package import UltraAPI

/// OpenAI's Chat Completions API, and the many servers that speak it; what differs between them is the dialect.
package struct OpenAIAdapter: Adapter {
    package let provider: String
    package let endpoint: Endpoint
    package let key: Secret?
    /// Sent as `OpenAI-Organization`.
    package let organization: String?
    package let dialect: Dialect

    package init(
        provider: String = "openai", endpoint: Endpoint, key: Secret?, organization: String? = nil, dialect: Dialect
    ) {
        self.provider = provider
        self.endpoint = endpoint
        self.key = key
        self.organization = organization
        self.dialect = dialect
    }

    package func listRequest(page: String?) -> HTTPRequest {
        HTTPRequest(
            method: .get, url: endpoint.url("/models"),
            headers: authorization + [HTTPHeader("Accept", "application/json")])
    }
}
