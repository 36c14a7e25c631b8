package import UltraAPI

extension AnthropicAdapter {
    package func constraints(of model: String) -> RequestConstraints { Self.constraints }

    private static let constraints: RequestConstraints = {
        var constraints = RequestConstraints()
        constraints.toolNames = NameRule(.wordAndDash, length: 1...128)
        constraints.callIDs = NameRule(.wordAndDash, length: 1...128)
        constraints.toolSchemas.isRequired = true
        return constraints
    }()

    package func write(
        _ request: Request, model: String, isStream: Bool, _ facts: WireFacts
    ) throws(UltraError) -> EncodedRequest {
        let options = try AnthropicOptions(request, provider: provider)
        let version = options.version ?? self.version
        // Versions are dates. From this one on, the API accepts no sampling parameters, and documents from the user
        // only.
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
        sampling(request.sampling, rules, isThinking: thinking.mode != .omitted, &body, &omitted)
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
        var temperature = omitted.accepted(.temperature, sampling.temperature, default: 1)
        var topP = omitted.accepted(.topP, sampling.topP, default: 1)
        var topK = omitted.accepted(.topK, sampling.topK)
        if let requested = temperature, requested > 1 {
            omitted.warn("\(omitted.model) takes temperatures up to 1: 1 was sent")
            temperature = 1
        }
        if isThinking {
            if let requested = temperature, requested != 1 {
                omitted.warn("\(omitted.model) takes no temperature but 1 when it reasons: it was left out")
                temperature = nil
            }
            if let requested = topP, requested < 0.95 {
                omitted.warn("\(omitted.model) takes no top_p below 0.95 when it reasons: it was left out")
                topP = nil
            }
            if topK != nil {
                omitted.warn("\(omitted.model) takes no top_k when it reasons: it was left out")
                topK = nil
            }
        }
        if !rules.takesTopPBesideTemperature, temperature != nil, let requested = topP {
            if requested != 1 { omitted.warn("\(omitted.model) takes either temperature or top_p: top_p was left out") }
            topP = nil
        }
        body.member("temperature", temperature)
        body.member("top_p", topP)
        body.member("top_k", topK)
        _ = omitted.accepted(.seed, sampling.seed)
        _ = omitted.accepted(.frequencyPenalty, sampling.frequencyPenalty, default: 0)
        _ = omitted.accepted(.presencePenalty, sampling.presencePenalty, default: 0)
        let stop = sampling.stop.filter { !$0.isBlank }
        if stop.count < sampling.stop.count {
            omitted.warn("\(omitted.model) takes no stop sequence of white space alone: it was left out")
        }
        body.member("stop_sequences", stop)
    }

    /// The JSON schema that the answer must follow; nil for text. JSON without a schema is requested by an instruction.
    private func format(
        _ format: ResponseFormat, _ rules: ClaudeRules, _ conversation: inout AnthropicConversation,
        _ omitted: inout Omissions
    ) throws(UltraError) -> RawJSON? {
        switch format {
        case .text:
            return nil
        case .json:
            omitted.warn(
                "\(omitted.model) has no JSON mode without a schema: an instruction to answer in JSON was added")
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
                            + "it was moved to the description")
                }
                return schema
            } catch {
                switch error {
                case .notASchema:
                    var malformed = omitted.badRequest("response_format.schema is not a JSON schema")
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

/// The members of `provider_options.anthropic`. All are merged into the body, except two that become headers; their
/// names are those that other hosts of Claude use in the body.
struct AnthropicOptions {
    /// The other members, for `RequestBody`.
    private(set) var body: [String: RawJSON] = [:]
    /// The value of `anthropic_version`; nil if not given.
    private(set) var version: String?
    /// The value of `anthropic_beta`, a string or several joined by commas; nil if not given.
    private(set) var betas: String?

    init(_ request: Request, provider: String) throws(UltraError) {
        guard let options = request.providerOptions[provider] else { return }
        body = [provider: options]
        do throws(JSONError) {
            try JSONReader.read(options.bytes) { (reader) throws(JSONError) in
                // `RequestBody` reports a value that is not an object.
                guard try reader.kind() == .object else { return }
                body = [provider: try read(&reader)]
            }
        } catch {
            throw Self.flaw(provider, "must be a JSON object")
        }
        for value in [version, betas] {
            guard value?.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) ?? true else {
                throw Self.flaw(provider, "may hold printable ASCII only in anthropic_version and anthropic_beta")
            }
        }
    }

    private mutating func read(_ reader: inout JSONReader) throws(JSONError) -> RawJSON {
        var json = JSONWriter()
        json.beginObject()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "anthropic_version": version = try reader.text()
            case "anthropic_beta":
                betas = try reader.kind() == .array ? try reader.texts().joined(separator: ",") : try reader.text()
            default:
                json.key(String(key))
                json.raw(try reader.rawJSON())
            }
        }
        json.endObject()
        return RawJSON(validated: json.bytes)
    }

    private static func flaw(_ provider: String, _ sentence: String) -> UltraError {
        UltraError(
            .invalidRequest, "provider_options.\(provider) \(sentence)", field: "provider_options.\(provider)")
    }
}
