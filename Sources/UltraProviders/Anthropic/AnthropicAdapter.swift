package import UltraAPI

/// The adapter for Anthropic's Messages API.
package struct AnthropicAdapter: Adapter {
    /// The version that every server of this API supports. A request may choose another.
    package static let defaultVersion = "2023-06-01"

    package let provider: String
    package let endpoint: Endpoint
    package let key: Secret?
    /// The API version sent as `anthropic-version`: a date.
    package let version: String

    package init(
        provider: String = "anthropic", endpoint: Endpoint, key: Secret?, version: String = Self.defaultVersion
    ) {
        self.provider = provider
        self.endpoint = endpoint
        self.key = key
        self.version = version
    }

    package func listRequest(page: String?) -> HTTPRequest {
        let after = page.map { "&after_id=\(Endpoint.percentEncoded($0))" } ?? ""
        return HTTPRequest(
            method: .get, url: endpoint.url("/models?limit=1000\(after)"),
            headers: headers(version: version) + [HTTPHeader("Accept", "application/json")])
    }

    /// The headers for key and version. An OAuth token must be sent as a bearer token, an API key in `x-api-key`.
    func headers(version: String) -> [HTTPHeader] {
        var headers: [HTTPHeader] = []
        if let key = key?.exposed() {
            let isToken = key.hasPrefix("sk-ant-oat")
            headers.append(isToken ? HTTPHeader("Authorization", "Bearer \(key)") : HTTPHeader("x-api-key", key))
        }
        headers.append(HTTPHeader("anthropic-version", version))
        return headers
    }
}

extension AnthropicAdapter {
    /// Distinguishes errors of the type `invalid_request_error` by their message.
    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        let message = (error.message ?? "").lowercased()
        switch error.type?.lowercased() {
        case "invalid_request_error":
            if message.hasPrefix("prompt is too long") || message.contains("exceed context limit") {
                return ErrorClass(.contextLength, isRetryable: false)
            }
            if message.contains("credit balance") || message.contains("usage limit")
                || message.contains("spend limit")
            {
                return ErrorClass(.quotaExceeded, isRetryable: false)
            }
            if message.contains("content filtering") { return ErrorClass(.contentFiltered, isRetryable: false) }
            return ErrorClass(.badRequest, isRetryable: false)
        case "request_too_large":
            return ErrorClass(.badRequest, isRetryable: false)
        // The path was not found, not the model: the endpoint is wrong.
        case "not_found_error" where !message.contains("model"):
            return ErrorClass(.badRequest, isRetryable: false)
        default:
            return .standard(error, status: status)
        }
    }
}

/// Decoding of `GET /models`: newest first, in pages. Older servers list only ids and names.
extension AnthropicAdapter {
    package func decodeModels(_ reader: inout JSONReader) throws(JSONError) -> ModelPage {
        var page = ModelPage()
        var hasMore = false
        var last: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "data" where try reader.kind() == .array:
                try reader.beginArray()
                while try reader.nextElement() {
                    if let model = try model(&reader) { page.models.append(model) }
                }
            case "has_more": hasMore = try reader.text() == "true"
            case "last_id": last = try reader.text()
            default: try reader.skip()
            }
        }
        if hasMore { page.next = last ?? page.models.last?.id }
        return page
    }

    private func model(_ reader: inout JSONReader) throws(JSONError) -> DiscoveredModel? {
        guard try reader.kind() == .object else {
            try reader.skip()
            return nil
        }
        var model = DiscoveredModel(id: "")
        model.kind = .chat
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "id": model.id = try reader.text() ?? ""
            case "display_name": model.displayName = try reader.text()
            case "max_input_tokens": model.contextWindow = try reader.count()
            case "max_tokens": model.maxOutputTokens = try reader.count()
            case "retires_at": model.retiresOn = try reader.text()
            case "capabilities" where try reader.kind() == .object: model.capabilities = try capabilities(&reader)
            default: try reader.skip()
            }
        }
        return model.id.isEmpty ? nil : model
    }

    /// All models of this API support chat, streaming and tools; JSON without a schema is requested by an instruction.
    private func capabilities(_ reader: inout JSONReader) throws(JSONError) -> Set<Capability> {
        var found: Set<Capability> = [.chat, .streaming, .tools, .json]
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "image_input": if try isSupported(&reader) { found.insert(.vision) }
            case "structured_outputs": if try isSupported(&reader) { found.insert(.jsonSchema) }
            case "thinking": if try isSupported(&reader) { found.insert(.reasoning) }
            default: try reader.skip()
            }
        }
        return found
    }

    private func isSupported(_ reader: inout JSONReader) throws(JSONError) -> Bool {
        var isSupported = false
        guard try reader.kind() == .object else {
            try reader.skip()
            return false
        }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "supported": isSupported = try reader.text() == "true"
            default: try reader.skip()
            }
        }
        return isSupported
    }
}
