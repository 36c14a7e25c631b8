package import UltraAPI

/// The adapter for Google's Gemini API (`generateContent`), and for Vertex AI with an API key.
package struct GeminiAdapter: Adapter {
    package let provider: String
    package let endpoint: Endpoint
    package let key: Secret?

    package init(provider: String = "gemini", endpoint: Endpoint, key: Secret?) {
        self.provider = provider
        self.endpoint = endpoint
        self.key = key
    }

    package func listRequest(page: String?) -> HTTPRequest {
        let token = page.map { "&pageToken=" + Endpoint.percentEncoded($0) } ?? ""
        return HTTPRequest(
            method: .get, url: endpoint.url("/models?pageSize=1000" + token),
            headers: authorization + [HTTPHeader("Accept", "application/json")])
    }

    /// The header with the key. The API also accepts the key in the URL, but URLs end up in logs.
    var authorization: [HTTPHeader] {
        guard let key else { return [] }
        return [HTTPHeader("x-goog-api-key", key.exposed())]
    }

    /// True for Vertex AI, which also accepts files in Google Cloud Storage.
    var isVertex: Bool {
        endpoint.host.hasSuffix("aiplatform.googleapis.com") || endpoint.host.hasSuffix(".rep.googleapis.com")
    }

    func call(_ model: String, _ method: String, body: [UInt8], accept: String = "application/json") -> HTTPRequest {
        HTTPRequest(
            url: endpoint.url("/\(Self.resource(model)):\(method)"),
            headers: authorization + [HTTPHeader("Content-Type", "application/json"), HTTPHeader("Accept", accept)],
            body: body)
    }

    /// The resource name, `models/ID` or `tunedModels/ID`. The id is percent-encoded, so that it cannot change the
    /// path.
    static func resource(_ model: String) -> String {
        for collection in ["tunedModels/", "models/"] where model.hasPrefix(collection) {
            return collection + Endpoint.percentEncoded(String(model.dropFirst(collection.count)))
        }
        return "models/" + Endpoint.percentEncoded(model)
    }
}

extension GeminiAdapter {
    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        let message = (error.message ?? "").lowercased()
        if message.contains("input token count"), message.contains("exceeds the maximum") {
            return ErrorClass(.contextLength, isRetryable: false)
        }
        let isNumber = error.code.map { Int($0) != nil } ?? true
        // Gateways change the letter case.
        switch (isNumber ? error.type : error.code)?.uppercased() {
        // Reasons for blocking a prompt; the HTTP status is 200.
        case "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK",
            "BLOCK_REASON_UNSPECIFIED":
            return ErrorClass(.contentFiltered, isRetryable: false)
        // Reasons for ending an answer that would occur again with the same request.
        case "MISSING_THOUGHT_SIGNATURE", "LANGUAGE":
            return ErrorClass(.badRequest, isRetryable: false)
        case "RESOURCE_EXHAUSTED" where error.reason?.contains("PerDay") == true:
            return ErrorClass(.quotaExceeded, isRetryable: false)
        case "FAILED_PRECONDITION" where message.contains("location"):
            return ErrorClass(.permissionDenied, isRetryable: false)
        case "FAILED_PRECONDITION" where message.contains("billing"):
            return ErrorClass(.quotaExceeded, isRetryable: false)
        // A request without a key, or with a key that Google found published.
        case "PERMISSION_DENIED" where message.contains("unregistered callers") || message.contains("leaked"):
            return ErrorClass(.authentication, isRetryable: false)
        case "CANCELLED":
            return ErrorClass(.upstreamError, isRetryable: false)
        default:
            return ErrorClass.standard(error, status: status)
        }
    }
}

/// Decoding of `GET /models`. The list has limits and methods; capabilities follow from the model's family.
extension GeminiAdapter {
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
            case "nextPageToken":
                let token = try reader.text()
                page.next = token == "" ? nil : token
            default: try reader.skip()
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
        var methods: [String] = []
        var thinks = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "name":
                let name = try reader.text() ?? ""
                model.id = name.hasPrefix("models/") ? String(name.dropFirst("models/".count)) : name
            case "displayName": model.displayName = try reader.text()
            case "inputTokenLimit": model.contextWindow = try reader.count()
            case "outputTokenLimit": model.maxOutputTokens = try reader.count()
            case "supportedGenerationMethods" where try reader.kind() == .array: methods = try reader.texts()
            case "thinking": thinks = try reader.text() == "true"
            default: try reader.skip()
            }
        }
        guard !model.id.isEmpty else { return nil }
        if methods.contains("generateContent"), !Self.isNotChat(model.id) {
            model.kind = .chat
            model.capabilities = capabilities(model.id, thinks: thinks)
        } else if methods.contains("embedContent") {
            model.kind = .embeddings
            model.capabilities = [.embeddings]
            // The list reports 1, although a vector has no tokens.
            model.maxOutputTokens = nil
        } else {
            // A list without methods does not reveal the kind.
            model.kind = methods.isEmpty ? nil : .other
        }
        return model
    }

    /// True for models of `generateContent` that produce images, speech or music, and for agents with another API.
    private static func isNotChat(_ id: String) -> Bool {
        GeminiRules.isMediaModel(id) || id.holds("computer-use")
            || ["lyria", "deep-research", "antigravity", "aqa"].contains(where: id.hasPrefix)
    }

    private func capabilities(_ id: String, thinks: Bool) -> Set<Capability> {
        let rules = GeminiRules.of(id)
        var found: Set<Capability> = [.chat, .streaming]
        guard id.hasPrefix("gemini-") else { return found }
        found.formUnion([.vision, .json, .jsonSchema])
        if rules.takesTools { found.insert(.tools) }
        if thinks, rules.thinking != .none { found.insert(.reasoning) }
        return found
    }
}
