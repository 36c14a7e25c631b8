package import UltraAPI

/// The adapter for Cohere's chat and embedding API, version 2. Reranking is not supported, because the frame protocol
/// has no operation for it.
package struct CohereAdapter: Adapter {
    package let provider: String
    package let endpoint: Endpoint
    package let key: Secret?
    /// True if the client allows only one tool call. Cohere has no such parameter, so further calls are dropped from
    /// the answer.
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

    /// Returns an adapter that knows how many tool calls the request allows.
    package func serving(_ request: Request, model: String) -> any Adapter {
        CohereAdapter(
            provider: provider, endpoint: endpoint, key: key, takesOneCall: request.parallelToolCalls == false)
    }

    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        let message = (error.message ?? "").lowercased()
        switch (error.type, status) {
        case ("TOO_MANY_TOKENS", _): return ErrorClass(.contextLength, isRetryable: false)
        // The model's output was not a valid call; a retry may succeed.
        case ("INVALID_TOOL_GENERATION", _): return ErrorClass(.upstreamError, isRetryable: true)
        case (_, 400) where message.hasPrefix("too many tokens"): return ErrorClass(.contextLength, isRetryable: false)
        // The monthly allowance of a trial key is exhausted, which Cohere reports as a rate limit.
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

    /// The URL of a call. The version depends on the call, not on the endpoint.
    func url(_ version: String, _ path: String) -> String {
        let root =
            ["/v1", "/v2"].contains(where: endpoint.base.hasSuffix) ? String(endpoint.base.dropLast(3)) : endpoint.base
        let query = endpoint.query.map { (path.contains("?") ? "&" : "?") + $0 } ?? ""
        return root + "/" + version + path + query
    }

    /// A call of version 2 with a JSON body.
    func call(_ path: String, _ body: [UInt8], isStream: Bool = false) -> HTTPRequest {
        HTTPRequest(
            url: url("v2", path),
            headers: headers(isStream ? "text/event-stream" : "application/json") + [
                HTTPHeader("Content-Type", "application/json")
            ], body: body)
    }
}

/// The list of models, `GET /v1/models`, in pages.
extension CohereAdapter {
    package func listRequest(page: String?) -> HTTPRequest {
        let token = page.map { "&page_token=" + Endpoint.percentEncoded($0) } ?? ""
        return HTTPRequest(method: .get, url: url("v1", "/models?page_size=1000" + token), headers: headers())
    }

    package var listForm: ModelListForm { ModelListForm("models") }

    package func decodeModels(_ reader: inout JSONReader) throws(JSONError) -> ModelPage {
        var page = ModelPage()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "models" where try reader.kind() == .array:
                try reader.beginArray()
                while try reader.nextElement() {
                    if let model = try model(&reader) { page.models.append(model) }
                }
            case "next_page_token":
                page.next = try reader.text()
                if page.next == "" { page.next = nil }
            default:
                try reader.skip()
            }
        }
        return page
    }

    private func model(_ reader: inout JSONReader) throws(JSONError) -> DiscoveredModel? {
        guard try reader.kind() == .object else {
            try reader.skip()
            return nil
        }
        var model = DiscoveredModel(id: "")
        var endpoints: [String]?
        var features: [String]?
        var hasVision = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "name": model.id = try reader.text() ?? ""
            case "endpoints" where try reader.kind() == .array: endpoints = try reader.texts()
            case "features" where try reader.kind() == .array: features = try reader.texts()
            case "supports_vision": hasVision = try reader.text() == "true"
            case "context_length":
                // The list has 0 for models without a context window.
                if let length = try reader.count(), length > 0 { model.contextWindow = length }
            default: try reader.skip()
            }
        }
        guard !model.id.isEmpty else { return nil }
        model.kind = endpoints.map { $0.contains("chat") ? .chat : $0.contains("embed") ? .embeddings : .other }
        if model.kind == .embeddings { model.capabilities = [.embeddings] }
        if model.kind == .chat, let features {
            model.capabilities = Self.capabilities(features, hasVision: hasVision)
        }
        return model
    }

    private static func capabilities(_ features: [String], hasVision: Bool) -> Set<Capability> {
        var found: Set<Capability> = [.chat, .streaming]
        if hasVision { found.insert(.vision) }
        for feature in features {
            switch feature {
            case "tools": found.insert(.tools)
            case "json_mode": found.insert(.json)
            case "json_schema": found.insert(.jsonSchema)
            case "vision": found.insert(.vision)
            case "reasoning": found.insert(.reasoning)
            default: break
            }
        }
        return found
    }
}
