package import UltraAPI

/// OpenAI's Chat Completions API, and the many servers that speak it; what differs between them is the dialect.
package struct OpenAIAdapter: Adapter {
    package let provider: String
    package let endpoint: String
    package let key: Secret?

    package init(provider: String = "openai", endpoint: String, key: Secret?) {
        self.provider = provider
        self.endpoint = endpoint
        self.key = key
    }

    package func encode(_ request: Request, model: String, isStream: Bool) throws(UltraError) -> EncodedRequest {
        EncodedRequest(HTTPRequest(url: "\(endpoint)/chat/completions"))
    }

    package func listRequest(page: String?) -> HTTPRequest {
        HTTPRequest(method: .get, url: "\(endpoint)/models")
    }

    package func decodeModels(_ reader: inout JSONReader) throws(JSONError) -> ModelPage {
        try reader.skip()
        return ModelPage()
    }
}
