package import UltraAPI

extension OpenAIAdapter {
    package func constraints(of model: String) -> RequestConstraints {
        var constraints = dialect.constraints
        if dialect.models == .any {
            constraints.callIDs = .callIDs(ofModel: model)
            if constraints.reasoning == .never, Dialect.returnsReasoning(model) {
                constraints.reasoning = .turnsWithCalls
            }
        }
        return constraints
    }

    package func write(
        _ request: Request, model: String, isStream: Bool, _ facts: WireFacts
    ) throws(UltraError) -> EncodedRequest {
        let rules = ModelRules.of(
            model, dialect.models, hasTools: !request.tools.isEmpty, hasEffort: request.reasoning != nil)
        if rules.needsResponsesAPI {
            throw UltraError(
                .capabilityMissing, "\(provider)/\(model) is served by the Responses API only",
                hint: "choose a chat model", provider: provider, model: "\(provider)/\(model)")
        }
        var omitted = Omissions(provider, model, refused: dialect.refused.union(rules.refused))
        try check(request, omitted)
        var body = try RequestBody(request, provider: provider, facts)
        body.member("model", model)
        let isThinking = dialect.reasoning == .thinking && (request.reasoning != nil || model.holds("reasoner"))
        body.member("messages") { messages(request.messages, isThinking: isThinking, facts, &$0) }
        limits(request.sampling, rules, facts, &body, &omitted)
        tools(request, &body, &omitted)
        responseFormat(request.responseFormat, facts, &body)
        reasoning(request.reasoning, rules, &body, &omitted)
        if isStream { stream(facts, &body) }

        var http = HTTPRequest(url: endpoint.url("/chat/completions"), headers: authorization, body: body.finish())
        http.headers.append(HTTPHeader("Content-Type", "application/json"))
        http.headers.append(HTTPHeader("Accept", isStream ? "text/event-stream" : "application/json"))
        return EncodedRequest(http, warnings: omitted.warnings)
    }

    /// Checks for content that cannot be left out.
    /// - Throws: `capability_missing`.
    private func check(_ request: Request, _ omitted: Omissions) throws(UltraError) {
        try Attachments(files: dialect.files).check(request.messages, omitted)
        if !request.tools.isEmpty, omitted.refused.contains(.tools) {
            throw omitted.capabilityMissing("takes no tools", hint: "choose another model, or ask without tools")
        }
        if case .schema = request.responseFormat, omitted.refused.contains(.jsonSchema) {
            throw omitted.capabilityMissing(
                "does not follow a JSON schema",
                hint: "ask for response_format json, and describe the schema in the prompt")
        }
    }

    /// The headers with the key and the organization; empty without them. Some servers refuse an empty key.
    var authorization: [HTTPHeader] {
        var headers: [HTTPHeader] = []
        headers.reserveCapacity(4)
        switch (key, dialect.keyHeader) {
        case (nil, _): break
        case (let key?, .bearer): headers.append(HTTPHeader("Authorization", "Bearer \(key.exposed())"))
        case (let key?, .apiKey): headers.append(HTTPHeader("api-key", key.exposed()))
        }
        if let organization { headers.append(HTTPHeader("OpenAI-Organization", organization)) }
        return headers
    }

    private func limits(
        _ sampling: Sampling, _ rules: ModelRules, _ facts: WireFacts, _ body: inout RequestBody,
        _ omitted: inout Omissions
    ) {
        switch tokenLimit(rules, facts) {
        case .maxTokens: body.member("max_tokens", sampling.maxTokens)
        case .maxCompletionTokens: body.member("max_completion_tokens", sampling.maxTokens)
        }
        // Models that refuse other values still accept the default.
        body.member("temperature", omitted.accepted(.temperature, sampling.temperature, default: 1))
        body.member("top_p", omitted.accepted(.topP, sampling.topP, default: 1))
        body.member("top_k", omitted.accepted(.topK, sampling.topK))
        if !sampling.stop.isEmpty, omitted.accepts(.stop) {
            if sampling.stop.count > 4, dialect.models == .openAI {
                omitted.warn("\(omitted.model) takes 4 stop sequences at most: the others were left out")
                body.member("stop", Array(sampling.stop.prefix(4)))
            } else {
                body.member("stop", sampling.stop)
            }
        }
        body.member("seed", omitted.accepted(.seed, sampling.seed))
        body.member("frequency_penalty", omitted.accepted(.frequencyPenalty, sampling.frequencyPenalty))
        body.member("presence_penalty", omitted.accepted(.presencePenalty, sampling.presencePenalty))
    }

    /// The member for the token limit: the other one if the server refused the usual one.
    private func tokenLimit(_ rules: ModelRules, _ facts: WireFacts) -> Dialect.TokenLimit {
        switch rules.tokenLimit ?? dialect.tokenLimit {
        case .maxTokens: facts.omitted.contains("max_tokens") ? .maxCompletionTokens : .maxTokens
        case .maxCompletionTokens:
            facts.omitted.contains("max_completion_tokens") ? .maxTokens : .maxCompletionTokens
        }
    }

    private func tools(_ request: Request, _ body: inout RequestBody, _ omitted: inout Omissions) {
        // Servers refuse `tool_choice`, and an empty list of tools, in a request without tools.
        guard !request.tools.isEmpty else { return }
        body.functions(request.tools)
        if let choice = request.toolChoice, omitted.accepts(.toolChoice) { body.functionChoice(choice) }
        body.member("parallel_tool_calls", omitted.accepted(.parallelToolCalls, request.parallelToolCalls))
    }

    private func responseFormat(_ format: ResponseFormat, _ facts: WireFacts, _ body: inout RequestBody) {
        let takesStrict = !facts.omitted.contains("strict")
        switch format {
        case .text:
            break
        case .schema(let name, let schema, let isStrict):
            self.schema(name, schema, isStrict: takesStrict ? isStrict : nil, &body)
        case .json where dialect.lacksJSONMode:
            schema("object", .anyObject, isStrict: nil, &body)
        case .json:
            body.member("response_format") { json in
                json.beginObject()
                json.field("type", "json_object")
                json.endObject()
            }
        }
    }

    private func schema(_ name: String, _ schema: RawJSON, isStrict: Bool?, _ body: inout RequestBody) {
        body.member("response_format") { json in
            json.beginObject()
            json.field("type", "json_schema")
            json.key("json_schema")
            json.beginObject()
            json.field("name", name)
            json.field("schema", schema)
            json.fieldIfPresent("strict", isStrict)
            json.endObject()
            json.endObject()
        }
    }

    private func reasoning(
        _ reasoning: Reasoning?, _ rules: ModelRules, _ body: inout RequestBody, _ omitted: inout Omissions
    ) {
        if rules.mustNotReason { body.member("reasoning_effort", "none") }
        guard let reasoning, reasoning.effort != nil || reasoning.budgetTokens != nil, omitted.accepts(.reasoning)
        else { return }
        let effort = reasoning.effort.map { $0.nearest(in: rules.efforts) }
        if dialect.reasoning == .object {
            body.member("reasoning") { json in
                json.beginObject()
                // OpenRouter accepts either, not both.
                if let effort {
                    json.field("effort", effort.rawValue)
                } else {
                    json.fieldIfPresent("max_tokens", reasoning.budgetTokens)
                }
                if !reasoning.isIncluded { json.field("exclude", true) }
                json.endObject()
            }
            return
        }
        if dialect.reasoning == .thinking {
            body.member("thinking") { json in
                json.beginObject()
                json.field("type", "enabled")
                json.endObject()
            }
        }
        if let effort {
            body.member("reasoning_effort", effort.rawValue)
        } else if dialect.reasoning == .effort {
            omitted.warn("\(omitted.model) takes a reasoning effort instead of budget_tokens: it was left out")
        }
    }

    private func stream(_ facts: WireFacts, _ body: inout RequestBody) {
        body.member("stream", true)
        guard dialect.requestsUsage else { return }
        body.member("stream_options") { json in
            json.beginObject()
            json.field("include_usage", true)
            if dialect.obfuscates, !facts.omitted.contains("include_obfuscation") {
                json.field("include_obfuscation", false)
            }
            json.endObject()
        }
    }
}
