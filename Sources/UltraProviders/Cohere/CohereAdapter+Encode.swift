package import UltraAPI

extension CohereAdapter {
    package func constraints(of model: String) -> RequestConstraints { Self.constraints }

    private static let constraints: RequestConstraints = {
        var constraints = RequestConstraints()
        constraints.toolNames = NameRule(.word, first: .letterOrUnderscore, length: 1...64)
        constraints.toolSchemas.isRequired = true
        return constraints
    }()

    package func write(
        _ request: Request, model: String, isStream: Bool, _ facts: WireFacts
    ) throws(UltraError) -> EncodedRequest {
        let rules = CohereRules.of(model)
        var omitted = Omissions(provider, model, refused: rules.reasons ? [] : [.reasoning])
        let messages = try conversation(request.messages, rules, &omitted)
        let documents = try documents(messages, omitted)
        var body = try RequestBody(request, provider: provider, facts)
        body.member("model", model)
        body.member("messages") { write(messages, rules, &$0) }
        if !documents.isEmpty { body.member("documents") { write(documents, &$0) } }
        limits(request.sampling, &body, &omitted)
        let hasTools = try tools(request, rules, &body, omitted)
        try responseFormat(
            request.responseFormat, isAlone: !hasTools && documents.isEmpty, &body, &omitted)
        thinking(request.reasoning, &body, &omitted)
        if isStream { body.member("stream", true) }
        return EncodedRequest(call("/chat", body.finish(), isStream: isStream), warnings: omitted.warnings)
    }

    private func limits(_ sampling: Sampling, _ body: inout RequestBody, _ omitted: inout Omissions) {
        body.member("max_tokens", sampling.maxTokens)
        body.member("temperature", sampling.temperature.map { bounded($0, 0...1, .temperature, &omitted) })
        // The API refuses 1, which means no limit; 0.99 is the closest allowed value.
        body.member("p", sampling.topP.map { $0 > 0.99 ? 0.99 : bounded($0, 0.01...0.99, .topP, &omitted) })
        body.member("k", sampling.topK.map { bounded($0, 0...500, .topK, &omitted) })
        if sampling.stop.count > 5 {
            omitted.warn("\(omitted.model) takes 5 stop sequences at most: the others were left out")
        }
        body.member("stop_sequences", Array(sampling.stop.prefix(5)))
        // Any seed is as good as another, but negative ones are refused.
        body.member("seed", sampling.seed.map { Int(clamping: $0.magnitude) })
        body.member("frequency_penalty", penalty(sampling.frequencyPenalty, .frequencyPenalty, &omitted))
        body.member("presence_penalty", penalty(sampling.presencePenalty, .presencePenalty, &omitted))
    }

    private func bounded<T: Comparable>(
        _ value: T, _ range: ClosedRange<T>, _ parameter: Parameter, _ omitted: inout Omissions
    ) -> T {
        if range.contains(value) { return value }
        let nearest = min(max(value, range.lowerBound), range.upperBound)
        let side = value < nearest ? "least" : "most"
        omitted.warn("\(omitted.model) takes a \(parameter.word) of \(nearest) at \(side): that was sent")
        return nearest
    }

    private func penalty(_ value: Double?, _ parameter: Parameter, _ omitted: inout Omissions) -> Double? {
        guard let value else { return nil }
        guard value < 0 else { return bounded(value, 0...1, parameter, &omitted) }
        omitted.warn("\(omitted.model) does not take a \(parameter.word) below 0: it was left out")
        return nil
    }

    /// Writes the tools. Returns true if there are any.
    private func tools(
        _ request: Request, _ rules: CohereRules, _ body: inout RequestBody, _ omitted: Omissions
    ) throws(UltraError) -> Bool {
        var tools = request.tools
        var choice: String?
        switch request.toolChoice {
        case nil, .auto?:
            break
        case .none? where rules.takesToolChoice:
            choice = "NONE"
        case .none?:
            tools = []
        case .required?:
            choice = "REQUIRED"
        case .named(let name)?:
            // The API cannot force a named tool, so offer no other.
            tools = tools.filter { $0.name == name }
            choice = "REQUIRED"
        }
        guard !tools.isEmpty else { return false }
        if choice == "REQUIRED", !rules.takesToolChoice {
            throw omitted.capabilityMissing("cannot be forced to call a tool", hint: "leave tool_choice to the model")
        }
        body.functions(tools)
        body.member("tool_choice", choice)
        return true
    }

    /// - Parameter isAlone: true if the request has neither tools nor documents, which Cohere does not combine with a
    ///   format.
    private func responseFormat(
        _ format: ResponseFormat, isAlone: Bool, _ body: inout RequestBody, _ omitted: inout Omissions
    ) throws(UltraError) {
        var schema: RawJSON?
        switch format {
        case .text: return
        case .json: break
        case .schema(_, let wanted, _):
            let found = CohereSchema(wanted)
            if let flaw = found.flaw { throw omitted.capabilityMissing(flaw) }
            if !found.leftOut.isEmpty {
                omitted.warn(
                    "\(omitted.model) does not check \(found.leftOut.joined(separator: ", ")) in a schema: "
                        + "it was moved to a description")
            }
            schema = found.json
        }
        guard isAlone else {
            throw omitted.capabilityMissing("does not take a response_format together with tools or documents")
        }
        body.member("response_format") { json in
            json.beginObject()
            json.field("type", "json_object")
            json.fieldIfPresent("json_schema", schema)
            json.endObject()
        }
    }

    private func thinking(_ reasoning: Reasoning?, _ body: inout RequestBody, _ omitted: inout Omissions) {
        guard let reasoning, reasoning.effort != nil || reasoning.budgetTokens != nil, omitted.accepts(.reasoning)
        else { return }
        let budget = reasoning.budgetTokens ?? reasoning.effort.flatMap(Self.budget)
        body.member("thinking") { json in
            json.beginObject()
            json.field("type", budget == 0 ? "disabled" : "enabled")
            if budget != 0 { json.fieldIfPresent("token_budget", budget) }
            json.endObject()
        }
    }

    /// The token budget for an effort; nil for no limit.
    private static func budget(_ effort: Reasoning.Effort) -> Int? {
        switch effort {
        case .minimal: 512
        case .low: 2048
        case .medium: 8192
        case .high: nil
        }
    }
}

/// The features of Cohere's models, by name. An unknown model gets those of the newest ones.
struct CohereRules: Equatable {
    var reasons = true
    var takesImages = true
    /// Accepts a `tool_choice` of `REQUIRED` or `NONE`.
    var takesToolChoice = true

    static func of(_ model: String) -> CohereRules {
        let isOld = model == "command" || ["command-light", "command-nightly"].contains(where: model.hasPrefix)
        let isR = model == "command-r" || model.hasPrefix("command-r-")
        var rules = CohereRules()
        rules.takesToolChoice = !isOld && !isR
        rules.reasons =
            !isOld && !isR
            && !["command-r7b", "command-a-03", "command-a-vision", "command-a-translate", "c4ai-"]
                .contains(where: model.hasPrefix)
        rules.takesImages =
            !isOld && !isR
            && !["command-r7b", "command-a-03", "command-a-reasoning", "command-a-translate", "c4ai-aya-expanse"]
                .contains(where: model.hasPrefix)
        return rules
    }
}
