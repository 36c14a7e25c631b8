package import UltraAPI

/// OpenAI's Chat Completions API, and the many servers that speak it; what differs between them is the dialect.
package struct OpenAIAdapter: Adapter {
    /// OpenAI's two APIs of generation; the raw values are the configuration's words.
    package enum API: String, Sendable, CaseIterable {
        case chat, responses
    }

    package let provider: String
    package let endpoint: Endpoint
    package let key: Secret?
    /// Sent as `OpenAI-Organization`.
    package let organization: String?
    package let dialect: Dialect
    /// What the server is asked with wherever a model has both.
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

    /// An Azure deployment has no list; the resource it belongs to has.
    private var listURL: String {
        guard let deployments = endpoint.base.firstRange(of: "/deployments/") else { return endpoint.url("/models") }
        return endpoint.base[..<deployments.lowerBound] + "/models" + (endpoint.query.map { "?\($0)" } ?? "")
    }

    package func serving(_ request: Request, model: String) -> any Adapter {
        usesResponses(request, model: model) ? ResponsesAdapter(self) : self
    }

    /// Responses serve what is configured so, what Chat Completions does not serve, and, at OpenAI itself, what it
    /// serves only without a part of the request.
    private func usesResponses(_ request: Request, model: String) -> Bool {
        // A deployment's URL ends where its API begins.
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
    /// A document that Chat Completions does not take: not a PDF, or not here.
    fileprivate var needsResponses: Bool {
        guard case .document(let document) = self else { return false }
        guard case .data(let mediaType, _) = document.source else { return true }
        return mediaType.lowercased() != "application/pdf"
    }
}
