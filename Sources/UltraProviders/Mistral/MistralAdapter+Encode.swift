package import UltraAPI

/// Encoding of requests. The API refuses unknown members with HTTP 422.
extension MistralAdapter {
    private static let maxTools = 128

    package func constraints(of model: String) -> RequestConstraints { Self.constraints }

    private static let constraints: RequestConstraints = {
        var constraints = RequestConstraints()
        constraints.callIDs = .nineLetters
        constraints.toolSchemas.isRequired = true
        return constraints
    }()

    package func write(
        _ request: Request, model: String, isStream: Bool, _ facts: WireFacts
    ) throws(UltraError) -> EncodedRequest {
        let rules = MistralRules.of(model)
        var omitted = Omissions(
            provider, model, refused: rules.reasoning == .none ? [.topK, .reasoning] : [.topK])
        let messages = try conversation(request.messages, rules, &omitted)
        if request.tools.count > Self.maxTools {
            throw omitted.capabilityMissing("takes \(Self.maxTools) tools at most")
        }
        var body = try RequestBody(request, provider: provider, facts)
        body.member("model", model)
        body.member("messages") { write(messages, rules, facts, &$0) }
        limits(request.sampling, &body, &omitted)
        tools(request, &body)
        responseFormat(request.responseFormat, facts, &body)
        reasoning(request.reasoning, rules, &body, &omitted)
        // The last chunk has the usage without being asked.
        if isStream { body.member("stream", true) }
        return EncodedRequest(
            call("/chat/completions", body.finish(), isStream: isStream), warnings: omitted.warnings)
    }

    private func limits(_ sampling: Sampling, _ body: inout RequestBody, _ omitted: inout Omissions) {
        body.member("max_tokens", sampling.maxTokens)
        var temperature = sampling.temperature
        if let wanted = temperature, wanted > 1.5 {
            omitted.warn("\(omitted.model) takes a temperature of 1.5 at most: 1.5 was sent")
            temperature = 1.5
        }
        body.member("temperature", temperature)
        if sampling.topP == 0 {
            omitted.warn("\(omitted.model) does not take a top_p of 0: it was left out")
        } else if temperature != 0 {
            // The API refuses top_p with a temperature of 0, where it would have no effect.
            body.member("top_p", sampling.topP)
        }
        body.member("top_k", omitted.accepted(.topK, sampling.topK))
        body.member("stop", sampling.stop)
        // Any seed is as good as another, but negative ones are refused.
        body.member("random_seed", sampling.seed.map { Int(clamping: $0.magnitude) })
        body.member("frequency_penalty", sampling.frequencyPenalty)
        body.member("presence_penalty", sampling.presencePenalty)
    }

    private func tools(_ request: Request, _ body: inout RequestBody) {
        guard !request.tools.isEmpty else { return }
        body.functions(request.tools)
        // `required` means the same but is newer.
        if let choice = request.toolChoice { body.functionChoice(choice, required: "any") }
        body.member("parallel_tool_calls", request.parallelToolCalls)
    }

    private func responseFormat(_ format: ResponseFormat, _ facts: WireFacts, _ body: inout RequestBody) {
        if case .text = format { return }
        body.member("response_format") { json in
            json.beginObject()
            if case .schema(let name, let schema, let isStrict) = format {
                json.field("type", "json_schema")
                json.key("json_schema")
                json.beginObject()
                json.field("name", name)
                json.field("schema", schema)
                if !facts.omitted.contains("strict") { json.field("strict", isStrict) }
                json.endObject()
            } else {
                json.field("type", "json_object")
            }
            json.endObject()
        }
    }

    private func reasoning(
        _ reasoning: Reasoning?, _ rules: MistralRules, _ body: inout RequestBody, _ omitted: inout Omissions
    ) {
        guard let reasoning, reasoning.effort != nil || reasoning.budgetTokens != nil, omitted.accepts(.reasoning)
        else { return }
        switch (rules.reasoning, reasoning.effort) {
        case (.none, _):
            break
        case (.always, let effort):
            body.member("prompt_mode", "reasoning")
            if effort == .minimal || effort == .low {
                omitted.warn("\(omitted.model) takes no reasoning effort: it was left out")
            }
        case (.effort, .minimal?):
            body.member("reasoning_effort", "none")
        case (.effort, .low?):
            omitted.warn("\(omitted.model) reasons with high effort or not at all: reasoning was turned off")
            body.member("reasoning_effort", "none")
        case (.effort, _?):
            body.member("reasoning_effort", "high")
        case (.effort, nil):
            omitted.warn("\(omitted.model) takes a reasoning effort instead of budget_tokens: it was left out")
        }
    }
}

/// The features of Mistral's models, by name, because the capabilities of the list are not available when a request is
/// encoded.
struct MistralRules: Equatable {
    enum Reasoning: Sendable {
        /// The model does not reason and ignores reasoning of earlier turns.
        case none
        /// The model always reasons; `prompt_mode` adds the system prompt it was trained with.
        case always
        /// The model accepts `reasoning_effort`: `none` or `high`.
        case effort
    }

    var reasoning = Reasoning.effort
    var takesImages = true

    /// The features of a model. An unknown model gets those of the newest ones.
    static func of(_ model: String) -> MistralRules {
        // A fine-tuned model, `ft:base:workspace:date:id`, has the features of its base model.
        let name = model.hasPrefix("ft:") ? String(model.dropFirst(3).prefix { $0 != ":" }) : model
        let date = releaseDate(name)
        var rules = MistralRules()
        if name.hasPrefix("magistral-") {
            // Names without a date now refer to general models.
            if let date {
                rules.reasoning = .always
                rules.takesImages = date >= 2509
            }
            return rules
        }
        if date.map({ $0 < 2603 }) ?? plain.contains(where: name.hasPrefix) { rules.reasoning = .none }
        if blind.contains(where: name.hasPrefix) { rules.takesImages = false }
        return rules
    }

    /// The release date as YYMM, such as 2508 for `mistral-medium-2508`; nil if the name has none.
    private static func releaseDate(_ name: String) -> Int? {
        guard let last = name.split(separator: "-").last, last.utf8.count == 4 else { return nil }
        return Int(last)
    }

    private static let plain = [
        "codestral", "devstral", "ministral", "pixtral", "open-", "voxtral", "mistral-tiny", "mistral-large-latest",
        "mistral-vibe",
    ]

    private static let blind = [
        "codestral", "open-", "voxtral", "mistral-tiny", "mistral-large-24", "mistral-medium-2312", "mistral-small-24",
        "mistral-small-2501", "mistral-saba", "ministral-3b-2410", "ministral-8b-2410",
    ]
}
