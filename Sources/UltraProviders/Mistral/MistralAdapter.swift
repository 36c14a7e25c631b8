package import UltraAPI

/// The adapter for Mistral's chat API, which resembles OpenAI's but refuses unknown members.
///
/// Requests therefore have an encoder of their own. Replies are decoded by `OpenAIAdapter`.
package struct MistralAdapter: Adapter {
    package let provider: String
    package let endpoint: Endpoint
    package let key: Secret?
    private let chat: OpenAIAdapter

    package init(provider: String = "mistral", endpoint: Endpoint, key: Secret?) {
        self.provider = provider
        self.endpoint = endpoint
        self.key = key
        chat = OpenAIAdapter(provider: provider, endpoint: endpoint, key: key, dialect: Dialect())
    }

    package func listRequest(page: String?) -> HTTPRequest { chat.listRequest(page: page) }

    package func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        try chat.decodeAnswer(&reader, into: &reply)
    }

    package func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        try chat.decodeEvent(&reader, into: &reply)
    }

    package func decodeEmbeddings(_ reader: inout JSONReader) throws(JSONError) -> Embeddings {
        try chat.decodeEmbeddings(&reader)
    }

    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        let message = (error.message ?? "").lowercased()
        if error.code == "3505" || message.contains("capacity exceeded") {
            return ErrorClass(.overloaded, isRetryable: true)
        }
        if message.contains("too many tokens in batch") { return ErrorClass(.contextLength, isRetryable: false) }
        if status == 403, message.contains("guardrail") || message.contains("moderation") {
            return ErrorClass(.contentFiltered, isRetryable: false)
        }
        return ErrorClass.standard(error, status: status)
    }

    /// A call with a JSON body.
    func call(_ path: String, _ body: [UInt8], isStream: Bool) -> HTTPRequest {
        HTTPRequest(
            url: endpoint.url(path),
            headers: chat.authorization + [
                HTTPHeader("Content-Type", "application/json"),
                HTTPHeader("Accept", isStream ? "text/event-stream" : "application/json"),
            ], body: body)
    }
}
