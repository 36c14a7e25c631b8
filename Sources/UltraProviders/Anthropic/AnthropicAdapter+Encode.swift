package import UltraAPI

extension AnthropicAdapter {
    package func needs(of model: String) -> RequestNeeds { Self.needs }

    private static let needs: RequestNeeds = {
        var needs = RequestNeeds()
        needs.toolNames = NameRule(.wordAndDash, length: 1...128)
        needs.callIDs = NameRule(.wordAndDash, length: 1...128)
        needs.toolSchemas.isGiven = true
        return needs
    }()

    package func write(
        _ request: Request, model: String, isStream: Bool, _ facts: WireFacts
    ) throws(UltraError) -> EncodedRequest {
        let options = try AnthropicOptions(request, provider: provider)
        let version = options.version ?? self.version
        // Versions are dates. This one takes no sampling, and documents from the user alone.
        let isStrict = version >= "2026-10-21"
        let rules = ClaudeRules(model)
        var omitted = Omissions(
            provider, model, refused: Self.refused(rules, takesSampling: rules.takesSampling && !isStrict)
        )
        var conversation = try AnthropicConversation(
            request.messages, rules, takesDocumentsOfAssistant: !isStrict, &omitted)
        let tools = try AnthropicTools(request, rules, conversation, &omitted)
        let format = try format(request.responseFormat, rules, &conversation, &omitted)
        let thinking = ClaudeThinking(
            request.reasoning, rules, forcesTools: tools.forcesCall, conversation, &omitted)
        if let instruction = tools.instruction { conversation.system.append(AnthropicBlock(.text(instruction))) }

        var body = try RequestBody(options.body, provider: provider, facts)
        body.member("model", model)
        body.member("max_tokens", thinking.maxTokens(request.sampling.maxTokens, rules, &omitted))
        if !conversation.system.isEmpty { body.member("system") { AnthropicBlock.write(conversation.system, &$0) } }
        body.member("messages") { Self.write(conversation.turns, &$0) }
        sampling(request.sampling, rules, isThinking: thinking.mode != .unsaid, &body, &omitted)
        tools.write(&body)
        thinking.write(&body)
        outputConfig(effort: thinking.effort, format, &body)
        if isStream { body.member("stream", true) }

        var http = HTTPRequest(url: endpoint.url("/messages"), headers: headers(version: version), body: body.finish())
        if let betas = options.betas { http.headers.append(HTTPHeader("anthropic-beta", betas)) }
        http.headers.append(HTTPHeader("Content-Type", "application/json"))
        http.headers.append(HTTPHeader("Accept", isStream ? "text/event-stream" : "application/json"))
        return EncodedRequest(http, warnings: omitted.warnings)
    }

    private static func refused(_ rules: ClaudeRules, takesSampling: Bool) -> ParameterSet {
        var refused: ParameterSet = [.seed, .frequencyPenalty, .presencePenalty]
        if !takesSampling { refused.formUnion([.temperature, .topP, .topK]) }
        if rules.thinking == .none { refused.insert(.reasoning) }
        return refused
    }

    private static func write(_ turns: [AnthropicConversation.Turn], _ json: inout JSONWriter) {
        json.beginArray()
        for turn in turns {
            json.beginObject()
            json.field("role", turn.isUser ? "user" : "assistant")
            json.key("content")
            AnthropicBlock.write(turn.blocks, &json)
            json.endObject()
        }
        json.endArray()
    }

    private func sampling(
        _ sampling: Sampling, _ rules: ClaudeRules, isThinking: Bool, _ body: inout RequestBody,
        _ omitted: inout Omissions
    ) {
        var temperature = omitted.unless(.temperature, sampling.temperature, default: 1)
        var topP = omitted.unless(.topP, sampling.topP, default: 1)
        var topK = omitted.unless(.topK, sampling.topK)
        if let wished = temperature, wished > 1 {
            omitted.warn("\(omitted.model) takes temperatures up to 1: 1 was sent")
            temperature = 1
        }
        if isThinking {
            if let wished = temperature, wished != 1 {
                omitted.warn("\(omitted.model) takes no temperature but 1 when it reasons: it was left out")
                temperature = nil
            }
            if let wished = topP, wished < 0.95 {
                omitted.warn("\(omitted.model) takes no top_p below 0.95 when it reasons: it was left out")
                topP = nil
            }
            if topK != nil {
                omitted.warn("\(omitted.model) takes no top_k when it reasons: it was left out")
                topK = nil
            }
        }
        if !rules.takesTopPBesideTemperature, temperature != nil, let wished = topP {
            if wished != 1 { omitted.warn("\(omitted.model) takes either temperature or top_p: top_p was left out") }
            topP = nil
        }
        body.member("temperature", temperature)
        body.member("top_p", topP)
        body.member("top_k", topK)
        _ = omitted.unless(.seed, sampling.seed)
        _ = omitted.unless(.frequencyPenalty, sampling.frequencyPenalty, default: 0)
        _ = omitted.unless(.presencePenalty, sampling.presencePenalty, default: 0)
        let stop = sampling.stop.filter { !$0.isBlank }
        if stop.count < sampling.stop.count {
            omitted.warn("\(omitted.model) takes no stop sequence of white space alone: it was left out")
        }
        body.member("stop_sequences", stop)
    }

    /// The schema the answer must follow; JSON without one is asked for in words.
    private func format(
        _ format: ResponseFormat, _ rules: ClaudeRules, _ conversation: inout AnthropicConversation,
        _ omitted: inout Omissions
    ) throws(UltraError) -> RawJSON? {
        switch format {
        case .text:
            return nil
        case .json:
            omitted.warn("\(omitted.model) has no JSON mode without a schema: it was told to answer in JSON, in words")
            conversation.system.append(
                AnthropicBlock(.text("Answer with one JSON object and nothing else: no code fence, no other text.")))
            return nil
        case .schema(_, let schema, _):
            guard rules.takesSchema else {
                throw omitted.capabilityMissing("does not follow a JSON schema", hint: "choose a newer model")
            }
            guard !conversation.hasPrefill else {
                throw omitted.capabilityMissing(
                    "does not follow a JSON schema when it continues an assistant message",
                    hint: "end the conversation with a user message")
            }
            var rewritten = ClaudeSchema()
            do throws(ClaudeSchema.Flaw) {
                let schema = try rewritten.rewrite(schema)
                if !rewritten.notes.isEmpty {
                    omitted.warn(
                        "\(omitted.model) does not enforce \(rewritten.notes.joined(separator: ", ")) of a schema: "
                            + "it was told of it in the description")
                }
                return schema
            } catch {
                switch error {
                case .notASchema:
                    var malformed = omitted.badRequest("response_format.schema is no JSON schema")
                    malformed.field = "response_format.schema"
                    throw malformed
                case .unsupported(let what):
                    throw omitted.capabilityMissing("does not follow a JSON schema with \(what)")
                }
            }
        }
    }

    private func outputConfig(effort: String?, _ format: RawJSON?, _ body: inout RequestBody) {
        guard effort != nil || format != nil else { return }
        body.member("output_config") { json in
            json.beginObject()
            json.fieldIfPresent("effort", effort)
            if let format {
                json.key("format")
                json.beginObject()
                json.field("type", "json_schema")
                json.field("schema", format)
                json.endObject()
            }
            json.endObject()
        }
    }
}
