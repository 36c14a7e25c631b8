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

extension ResponsesAdapter {
    /// The smallest `max_output_tokens` that OpenAI accepts.
    private static let minimumOutputTokens = 16

    package func constraints(of model: String) -> RequestConstraints {
        var constraints = RequestConstraints()
        constraints.callIDs = .word64
        constraints.toolSchemas.isRequired = true
        return constraints
    }

    package func write(
        _ request: Request, model: String, isStream: Bool, _ facts: WireFacts
    ) throws(UltraError) -> EncodedRequest {
        let dialect = chat.dialect
        let rules = ModelRules.responses(model, dialect.models, hasEffort: request.reasoning != nil)
        var omitted = Omissions(provider, model, refused: dialect.refused.union(rules.refused))
        try attachments.check(request.messages, omitted)
        var body = try RequestBody(request, provider: provider, facts)
        body.member("model", model)
        body.member("input") { input(request.messages, &$0) }
        limits(request.sampling, &body, &omitted)
        tools(request, facts, &body, &omitted)
        format(request.responseFormat, facts, &body)
        reasoning(request.reasoning, rules, &body, &omitted)
        // The server stores the response by default.
        if dialect.storesResponses { body.member("store", false) }
        if dialect.encryptsReasoning, !rules.efforts.isEmpty, request.reasoning?.isIncluded ?? true {
            body.member("include", ["reasoning.encrypted_content"])
        }
        if isStream {
            body.member("stream", true)
            if dialect.obfuscates {
                body.member("stream_options") { json in
                    json.beginObject()
                    json.field("include_obfuscation", false)
                    json.endObject()
                }
            }
        }
        var http = HTTPRequest(url: chat.endpoint.url("/responses"), headers: chat.authorization, body: body.finish())
        http.headers.append(HTTPHeader("Content-Type", "application/json"))
        http.headers.append(HTTPHeader("Accept", isStream ? "text/event-stream" : "application/json"))
        return EncodedRequest(http, warnings: omitted.warnings)
    }

    /// OpenAI's own API accepts files of many types, files by URL, and tool results with attachments.
    private var attachments: Attachments {
        chat.dialect.models == .openAI
            ? Attachments(roles: [.user, .tool], files: .any) : Attachments(files: chat.dialect.files)
    }

    private func limits(_ sampling: Sampling, _ body: inout RequestBody, _ omitted: inout Omissions) {
        var maxTokens = sampling.maxTokens
        if let limit = maxTokens, limit < Self.minimumOutputTokens, chat.dialect.models == .openAI {
            omitted.warn("\(omitted.model) takes a max_tokens of \(Self.minimumOutputTokens) at least: it was raised")
            maxTokens = Self.minimumOutputTokens
        }
        body.member("max_output_tokens", maxTokens)
        body.member("temperature", omitted.accepted(.temperature, sampling.temperature, default: 1))
        body.member("top_p", omitted.accepted(.topP, sampling.topP, default: 1))
        // The API lacks these parameters. They are in `refused`, so setting them causes warnings.
        _ = omitted.accepted(.topK, sampling.topK)
        if !sampling.stop.isEmpty { _ = omitted.accepts(.stop) }
        _ = omitted.accepted(.seed, sampling.seed)
        _ = omitted.accepted(.frequencyPenalty, sampling.frequencyPenalty, default: 0)
        _ = omitted.accepted(.presencePenalty, sampling.presencePenalty, default: 0)
    }

    private func tools(
        _ request: Request, _ facts: WireFacts, _ body: inout RequestBody, _ omitted: inout Omissions
    ) {
        guard !request.tools.isEmpty else { return }
        body.member("tools") { json in
            json.beginArray()
            for tool in request.tools {
                json.beginObject()
                json.field("type", "function")
                json.field("name", tool.name)
                json.fieldIfPresent("description", tool.description)
                json.fieldIfPresent("parameters", tool.parameters)
                // The default is true, which changes schemas that omit members.
                if !facts.omitted.contains("strict") { json.field("strict", false) }
                json.endObject()
            }
            json.endArray()
        }
        if let choice = request.toolChoice {
            body.member("tool_choice") { json in
                switch choice {
                case .auto: json.string("auto")
                case .none: json.string("none")
                case .required: json.string("required")
                case .named(let name):
                    json.beginObject()
                    json.field("type", "function")
                    json.field("name", name)
                    json.endObject()
                }
            }
        }
        body.member("parallel_tool_calls", omitted.accepted(.parallelToolCalls, request.parallelToolCalls))
    }

    private func format(_ format: ResponseFormat, _ facts: WireFacts, _ body: inout RequestBody) {
        guard format != .text else { return }
        body.member("text") { json in
            json.beginObject()
            json.key("format")
            json.beginObject()
            switch format {
            case .text:
                break
            case .json where chat.dialect.lacksJSONMode:
                json.field("type", "json_schema")
                json.field("name", "object")
                json.field("schema", .anyObject)
            case .json:
                json.field("type", "json_object")
            case .schema(let name, let schema, let isStrict):
                json.field("type", "json_schema")
                json.field("name", name)
                json.field("schema", schema)
                if !facts.omitted.contains("strict") { json.field("strict", isStrict) }
            }
            json.endObject()
            json.endObject()
        }
    }

    private func reasoning(
        _ reasoning: Reasoning?, _ rules: ModelRules, _ body: inout RequestBody, _ omitted: inout Omissions
    ) {
        guard let reasoning else { return }
        let asks = reasoning.effort != nil || reasoning.budgetTokens != nil
        if asks, !omitted.accepts(.reasoning) { return }
        let effort = reasoning.effort.map { $0.nearest(in: rules.efforts) }
        if effort == nil, reasoning.budgetTokens != nil {
            omitted.warn("\(omitted.model) takes a reasoning effort instead of budget_tokens: it was left out")
        }
        // Some accounts may not read summaries, so ask for one only if the request has `reasoning`.
        let wantsSummary = reasoning.isIncluded && chat.dialect.encryptsReasoning && !rules.efforts.isEmpty
        guard effort != nil || wantsSummary else { return }
        body.member("reasoning") { json in
            json.beginObject()
            json.fieldIfPresent("effort", effort?.rawValue)
            if wantsSummary { json.field("summary", "auto") }
            json.endObject()
        }
    }
}

extension RawJSON {
    /// The schema of any object.
    static let anyObject = RawJSON(validated: Array(#"{"type":"object"}"#.utf8))
}
