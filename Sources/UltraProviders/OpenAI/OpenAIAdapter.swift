package import UltraAPI

/// OpenAI's Chat Completions API, and the servers that implement it. Their differences are in `dialect`.
package struct OpenAIAdapter: Adapter {
    /// OpenAI's two APIs for generation. The raw values are those of the configuration.
    package enum API: String, Sendable, CaseIterable {
        case chat, responses
    }

    package let provider: String
    package let endpoint: Endpoint
    package let key: Secret?
    /// Sent as `OpenAI-Organization`; nil to send none.
    package let organization: String?
    /// The differences between this server and others with the same API.
    package let dialect: Dialect
    /// The API to use for models that both APIs serve.
    package let api: API

    package init(
        provider: String = "openai", endpoint: Endpoint, key: Secret?, organization: String? = nil, dialect: Dialect,
        api: API = .chat
    ) {
        self.provider = provider
        self.endpoint = endpoint
        self.key = key
        self.organization = organization
        self.dialect = dialect
        self.api = api
    }

    package func listRequest(page: String?) -> HTTPRequest {
        HTTPRequest(
            method: .get, url: listURL, headers: authorization + [HTTPHeader("Accept", "application/json")])
    }

    /// An Azure deployment has no list of models; the list belongs to the resource above it.
    private var listURL: String {
        guard let deployments = endpoint.base.firstRange(of: "/deployments/") else { return endpoint.url("/models") }
        return endpoint.base[..<deployments.lowerBound] + "/models" + (endpoint.query.map { "?\($0)" } ?? "")
    }

    package func serving(_ request: Request, model: String) -> any Adapter {
        usesResponses(request, model: model) ? ResponsesAdapter(self) : self
    }

    /// True if the request goes to the Responses API: if it is configured, if the model is not available in Chat
    /// Completions, and, at OpenAI itself, if Chat Completions would ignore a part of the request.
    private func usesResponses(_ request: Request, model: String) -> Bool {
        // The URL of a deployment contains the API's name.
        guard !endpoint.isDeployment else { return false }
        let rules = ModelRules.of(
            model, dialect.models, hasTools: !request.tools.isEmpty, hasEffort: request.reasoning != nil)
        if rules.needsResponsesAPI { return true }
        if rules.needsChatCompletions { return false }
        if api == .responses { return true }
        let gains = rules.losesReasoning || request.messages.contains { $0.parts.contains(where: \.needsResponses) }
        return gains && Dialect.known(endpoint.host)?.models == .openAI
    }
}

extension Part {
    /// True for a document that Chat Completions does not accept: one by URL, or other than PDF.
    fileprivate var needsResponses: Bool {
        guard case .document(let document) = self else { return false }
        guard case .data(let mediaType, _) = document.source else { return true }
        return mediaType.lowercased() != "application/pdf"
    }
}

extension Provider {
    /// True if the provider's server has OpenAI's Chat Completions, with members that its makers may have added.
    package var isChatServer: Bool {
        guard case .http(_, let adapters) = backend, let adapter = adapters.first as? OpenAIAdapter else {
            return false
        }
        return adapter.dialect.models == .any
    }
}
