package import UltraAPI

/// OpenAI's Responses API, for models that Chat Completions does not serve and for servers configured to use it. The
/// provider stores nothing, so encrypted reasoning is passed back and forth.
///
/// Everything except requests and replies of generation is that of Chat Completions.
package struct ResponsesAdapter: Adapter {
    /// The adapter for the same provider's Chat Completions API.
    let chat: OpenAIAdapter

    package init(_ chat: OpenAIAdapter) {
        self.chat = chat
    }

    package var provider: String { chat.provider }
    package var key: Secret? { chat.key }
    /// The last event ends the stream. Servers that add `[DONE]` also add it to streams that broke.
    package var hasEndMarker: Bool { false }
    package var embedBatchLimit: Int { chat.embedBatchLimit }

    package func listRequest(page: String?) -> HTTPRequest { chat.listRequest(page: page) }

    package func encodeEmbed(_ request: EmbedRequest, model: String) throws(UltraError) -> EncodedRequest {
        try chat.encodeEmbed(request, model: model)
    }

    package var listForm: ModelListForm { chat.listForm }

    package func decodeModels(_ reader: inout JSONReader) throws(JSONError) -> ModelPage {
        try chat.decodeModels(&reader)
    }

    package func decodeEmbeddings(_ reader: inout JSONReader) throws(JSONError) -> Embeddings {
        try chat.decodeEmbeddings(&reader)
    }

    /// A failure inside a reply has no HTTP status that shows whether the request caused it.
    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        let standard = ErrorClass.standard(error, status: status)
        guard standard.code == .upstreamError, (status ?? 200) < 400, let code = error.code else { return standard }
        // Such as `invalid_image`, `image_too_large`, `failed_to_download_image`.
        let isClientError = code.hasPrefix("invalid_") || code.holds("image") || code.hasPrefix("unsupported_")
        return isClientError ? ErrorClass(.badRequest, isRetryable: false) : standard
    }
}
