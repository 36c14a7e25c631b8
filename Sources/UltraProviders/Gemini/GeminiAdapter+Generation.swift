import UltraAPI

/// Encoding of `generationConfig`.
extension GeminiAdapter {
    /// - Returns: nil if the configuration would be empty.
    func generationConfig(
        _ request: Request, _ options: GeminiOptions, _ rules: GeminiRules, isStream: Bool,
        _ facts: WireFacts, _ omitted: inout Omissions
    ) throws(UltraError) -> RawJSON? {
        let format = try format(request, rules, &omitted)
        let thinking = thinking(request.reasoning, rules, &omitted)
        var taken = request.sampling
        taken.maxTokens = maxTokens(taken.maxTokens, rules, isStream: isStream, &omitted)
        // Models that refuse other values still accept the default.
        taken.temperature = omitted.accepted(.temperature, taken.temperature, default: 1)
        taken.topP = omitted.accepted(.topP, taken.topP, default: 1)
        taken.topK = omitted.accepted(.topK, taken.topK)
        taken.frequencyPenalty = omitted.accepted(.frequencyPenalty, taken.frequencyPenalty, default: 0)
        taken.presencePenalty = omitted.accepted(.presencePenalty, taken.presencePenalty, default: 0)
        if taken.stop.count > 5 {
            omitted.warn("\(omitted.model) takes 5 stop sequences at most: the others were left out")
            taken.stop = Array(taken.stop.prefix(5))
        }
        if let seed = taken.seed, Int32(exactly: seed) == nil {
            omitted.warn("\(omitted.model) takes a seed of 32 bits: it was left out")
            taken.seed = nil
        }
        return try options.merged(facts) { [taken] config in
            config.member("maxOutputTokens", taken.maxTokens)
            config.member("temperature", taken.temperature)
            config.member("topP", taken.topP)
            config.member("topK", taken.topK)
            config.member("stopSequences", taken.stop)
            config.member("seed", taken.seed)
            config.member("frequencyPenalty", taken.frequencyPenalty)
            config.member("presencePenalty", taken.presencePenalty)
            if let format {
                config.member("responseMimeType", "application/json")
                switch format {
                case .json: break
                case .schema(let schema, .jsonSchema): config.member("responseJsonSchema") { $0.raw(schema) }
                case .schema(let schema, .openAPI): config.member("responseSchema") { $0.raw(schema) }
                }
            }
            if let thinking { config.member("thinkingConfig") { Self.write(thinking, &$0) } }
        }
    }

    private func maxTokens(
        _ requested: Int?, _ rules: GeminiRules, isStream: Bool, _ omitted: inout Omissions
    ) -> Int? {
        guard let requested, let limit = rules.unaryTokenLimit, !isStream, requested > limit else { return requested }
        omitted.warn("\(omitted.model) gives \(limit) tokens at most unless it streams: max_tokens was lowered")
        return limit
    }

    private enum Format {
        case json
        case schema(RawJSON, GeminiSchema.Form)
    }

    private func format(
        _ request: Request, _ rules: GeminiRules, _ omitted: inout Omissions
    ) throws(UltraError) -> Format? {
        if request.responseFormat == .text { return nil }
        guard rules.takesFormat else {
            throw missing("answers in text only", hint: "choose a model with JSON answers", omitted.model)
        }
        guard request.tools.isEmpty || rules.takesFormatWithTools else {
            throw missing(
                "takes tools or response_format, not both", hint: "choose Gemini 3 or later, or leave one out",
                omitted.model)
        }
        guard case .schema(_, let schema, _) = request.responseFormat else { return .json }
        let form = rules.takesJSONSchema ? GeminiSchema.Form.jsonSchema : .openAPI
        return try self.schema(schema, of: "response_format", form, &omitted).map { .schema($0, form) }
    }

    private struct Thinking {
        var isIncluded: Bool
        var budget: Int?
        var level: Reasoning.Effort?
    }

    private func thinking(_ reasoning: Reasoning?, _ rules: GeminiRules, _ omitted: inout Omissions) -> Thinking? {
        guard let reasoning, omitted.accepts(.reasoning) else { return nil }
        var thinking = Thinking(isIncluded: reasoning.isIncluded)
        switch rules.thinking {
        case .none:
            return nil
        case .budget(let range, let canBeOff):
            if let requested = reasoning.budgetTokens {
                let isOff = requested == 0 && canBeOff
                let budget = isOff ? 0 : min(max(requested, range.lowerBound), range.upperBound)
                if budget != requested {
                    omitted.warn(
                        "\(omitted.model) takes a thinking budget of \(range.lowerBound) to \(range.upperBound) tokens: "
                            + "\(requested) became \(budget)")
                }
                thinking.budget = budget
            } else if let effort = reasoning.effort {
                thinking.budget = Self.budget(effort)
            }
        case .levels(let levels):
            var effort = reasoning.effort
            if effort == nil, let requested = reasoning.budgetTokens {
                effort = Self.effort(requested)
                omitted.warn("\(omitted.model) takes a reasoning effort instead of budget_tokens: the nearest was sent")
            }
            thinking.level = effort.map { $0.nearest(in: levels) }
        }
        return thinking
    }

    private static func write(_ thinking: Thinking, _ json: inout JSONWriter) {
        json.beginObject()
        if thinking.isIncluded { json.field("includeThoughts", true) }
        json.fieldIfPresent("thinkingBudget", thinking.budget)
        json.fieldIfPresent("thinkingLevel", thinking.level?.rawValue.uppercased())
        json.endObject()
    }

    /// The thinking budget in tokens for an effort. It is within the range of every model with budgets.
    private static func budget(_ effort: Reasoning.Effort) -> Int {
        switch effort {
        case .minimal: 512
        case .low: 1024
        case .medium: 4096
        case .high: 24_576
        }
    }

    private static func effort(_ budget: Int) -> Reasoning.Effort {
        switch budget {
        case ..<1024: .minimal
        case ..<4096: .low
        case ..<16_384: .medium
        default: .high
        }
    }
}

/// The members of `provider_options.gemini`. They are merged into the body; those of `generationConfig`, where most
/// options are, into the adapter's `generationConfig`.
struct GeminiOptions {
    /// All members except `generationConfig`, for `RequestBody`.
    private(set) var top: [String: RawJSON] = [:]
    private(set) var generationConfig: RawJSON?
    private let provider: String

    init(_ options: RawJSON?, provider: String) {
        self.provider = provider
        guard let options else { return }
        top = [provider: options]
        // `RequestBody` reports a value that is not an object.
        guard var members = try? SchemaMembers(options) else { return }
        generationConfig = members.remove("generationConfig")
        if generationConfig != nil { top = [provider: members.json] }
    }

    /// Writes the adapter's members of `generationConfig` and merges the client's into them; nil if there are none.
    func merged(_ facts: WireFacts, _ write: (inout RequestBody) -> Void) throws(UltraError) -> RawJSON? {
        var config = try RequestBody(generationConfig.map { [provider: $0] } ?? [:], provider: provider, facts)
        write(&config)
        let bytes = config.finish()
        return bytes == Array("{}".utf8) ? nil : RawJSON(validated: bytes)
    }
}
