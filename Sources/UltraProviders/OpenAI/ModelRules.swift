import UltraAPI

/// The rules of one model: what it refuses, so that it is never sent, and which API serves it.
struct ModelRules: Equatable {
    var refused: ParameterSet = []
    /// The supported reasoning efforts in ascending order; empty if none is. Another effort is replaced by the next
    /// higher one, or else by the highest.
    var efforts: [Reasoning.Effort] = [.minimal, .low, .medium, .high]
    /// `"reasoning_effort":"none"` must be sent, or the model would reason and refuse the request.
    var mustNotReason = false
    /// The model is available in the Responses API only.
    var needsResponsesAPI = false
    /// The model is available in Chat Completions only.
    var needsChatCompletions = false
    /// Chat Completions serves this request only without the reasoning that the client asked for or the model does by
    /// default.
    var losesReasoning = false
    /// The member for the token limit; nil uses the dialect's.
    var tokenLimit: Dialect.TokenLimit?

    /// - Parameters:
    ///   - hasTools: true if the request has tools.
    ///   - hasEffort: true if the request asks for reasoning.
    static func of(_ model: String, _ family: Dialect.ModelFamily, hasTools: Bool, hasEffort: Bool) -> ModelRules {
        switch family {
        case .any: isOpenAIModel(model) ? behindGateway(model, hasTools: hasTools, hasEffort: hasEffort) : ModelRules()
        case .groq: groq(model)
        case .openAI: openAI(model, hasTools: hasTools, hasEffort: hasEffort)
        case .xAI: xAI(model)
        }
    }

    /// True if the name is that of one of OpenAI's models, with or without a prefix.
    static func isOpenAIModel(_ model: String) -> Bool {
        let name = familyName(model)
        return isOSeries(name) || name.begins("gpt-") && !name.begins("gpt-oss") && gptVersion(name) != nil
            || name.begins("chatgpt-")
    }

    /// OpenAI's reasoning models refuse the same parameters on any server. For older models, the server's dialect
    /// decides.
    private static func behindGateway(_ model: String, hasTools: Bool, hasEffort: Bool) -> ModelRules {
        let name = familyName(model)
        let isFive = (gptVersion(name)?.major ?? 0) >= 5 && !name.begins("gpt-5-chat")
        guard isOSeries(name) || isFive else { return ModelRules() }
        var rules = openAI(name, hasTools: hasTools, hasEffort: hasEffort)
        if rules.needsResponsesAPI { rules = responsesOnly(name) }
        // The gateway decides which of OpenAI's APIs it calls.
        rules.needsResponsesAPI = false
        rules.needsChatCompletions = false
        rules.losesReasoning = false
        rules.tokenLimit = .maxCompletionTokens
        return rules
    }

    /// Removes prefixes: `gpt-5-mini` for `openai/gpt-5-mini`, `azure:gpt-5-mini` and `openai.gpt-5-mini`.
    private static func familyName(_ model: String) -> String {
        let name = baseName(model)
        for mark in [":", "."] {
            guard let end = name.utf8.firstIndex(of: mark.utf8.first ?? 0) else { continue }
            let rest = String(name[name.utf8.index(after: end)...])
            if rest.begins("gpt-") || isOSeries(rest) { return rest }
        }
        return name
    }

    private static func isOSeries(_ name: String) -> Bool {
        name.begins("o") && name.utf8.dropFirst().first?.isDigit == true
    }

    private static func openAI(_ model: String, hasTools: Bool, hasEffort: Bool) -> ModelRules {
        let name = baseName(model)
        if isResponsesOnly(name) { return ModelRules(needsResponsesAPI: true) }
        if name.holds("-search-preview") || name.holds("-search-api") { return search }
        if isOSeries(name) { return oSeries(name) }
        guard let version = gptVersion(name), version.major >= 5, !name.begins("gpt-5-chat") else {
            return ModelRules(refused: [.reasoning], efforts: [], needsChatCompletions: name.holds("-audio"))
        }
        return gpt5(version.major * 100 + version.minor, hasTools: hasTools, hasEffort: hasEffort)
    }

    /// Search models accept hardly any parameters.
    private static let search = ModelRules(
        refused: [
            .temperature, .topP, .stop, .seed, .frequencyPenalty, .presencePenalty, .tools, .toolChoice,
            .parallelToolCalls, .reasoning,
        ], efforts: [], needsChatCompletions: true)

    /// The name without a path before it. A fine-tuned model, `ft:base:org:name:id`, follows the rules of its base
    /// model.
    static func baseName(_ model: String) -> String {
        let model = model.begins("ft:") ? String(model.dropFirst(3).prefix { $0 != ":" }) : model
        guard let slash = model.utf8.lastIndex(of: UInt8(ascii: "/")) else { return model }
        let name = model[model.utf8.index(after: slash)...]
        return name.isEmpty ? model : String(name)
    }

    static func oSeries(_ name: String) -> ModelRules {
        var rules = ModelRules(
            refused: [.temperature, .topP, .frequencyPenalty, .presencePenalty, .parallelToolCalls],
            efforts: [.low, .medium, .high])
        // o1 and o3-mini accept `stop`.
        if name != "o1", !name.begins("o1-"), !name.begins("o3-mini") { rules.refused.insert(.stop) }
        return rules
    }

    /// - Parameter version: major · 100 + minor, such as 504 for gpt-5.4.
    private static func gpt5(_ version: Int, hasTools: Bool, hasEffort: Bool) -> ModelRules {
        var rules = ModelRules(refused: [.stop, .frequencyPenalty, .presencePenalty])
        // From gpt-5.1 on, the effort `none` replaces `minimal`.
        if version >= 501 { rules.efforts = [.low, .medium, .high] }
        if hasTools, version >= 504 {
            // From gpt-5.4 on, function tools work only without reasoning. From gpt-5.5 on, models reason unless the
            // effort is `none`.
            rules.refused.insert(.reasoning)
            rules.mustNotReason = version >= 505
            rules.losesReasoning = hasEffort || rules.mustNotReason
            return rules
        }
        let reasons = hasEffort || ![501, 502, 504].contains(version)
        if reasons { rules.refused.formUnion([.temperature, .topP]) }
        return rules
    }

    private static func xAI(_ model: String) -> ModelRules {
        let reasons =
            (model.begins("grok-4") || model.begins("grok-code") || model.begins("grok-3-mini"))
            && !model.holds("non-reasoning")
        guard reasons else { return ModelRules(refused: [.reasoning], efforts: []) }
        guard model.begins("grok-3-mini") else {
            return ModelRules(refused: [.stop, .frequencyPenalty, .presencePenalty, .reasoning], efforts: [])
        }
        return ModelRules(refused: [.stop, .frequencyPenalty, .presencePenalty], efforts: [.low, .high])
    }

    /// Only gpt-oss models support reasoning efforts; other reasoning models of Groq have parameters of their own.
    private static func groq(_ model: String) -> ModelRules {
        model.holds("gpt-oss")
            ? ModelRules(efforts: [.low, .medium, .high]) : ModelRules(refused: [.reasoning], efforts: [])
    }

    private static func isResponsesOnly(_ name: String) -> Bool {
        name.holds("-codex") || name.holds("-deep-research") || name.begins("computer-use-preview")
            || name.begins("o1-pro") || name.begins("o3-pro")
            || (isPro(name) && (gptVersion(name)?.major ?? 0) >= 5)
    }

    /// True if a word of the name is `pro`.
    static func isPro(_ name: String) -> Bool {
        name.holds("pro") && name.utf8.split(separator: UInt8(ascii: "-")).contains { $0.elementsEqual("pro".utf8) }
    }

    /// `(5, 4)` for `gpt-5.4-mini`; nil if it is not a GPT model. It compares bytes instead of characters, because it
    /// runs for every request.
    static func gptVersion(_ name: String) -> (major: Int, minor: Int)? {
        guard name.begins("gpt-") else { return nil }
        var numbers = [0, 0]
        var place = 0
        var digits = 0
        for byte in name.utf8.dropFirst(4) {
            if byte == UInt8(ascii: "."), digits > 0, place == 0 {
                place = 1
            } else if byte.isDigit {
                numbers[place] = min(numbers[place] * 10 + Int(byte - UInt8(ascii: "0")), 100)
                digits += 1
            } else {
                break
            }
        }
        return digits > 0 && numbers[0] < 100 ? (numbers[0], min(numbers[1], 99)) : nil
    }
}

/// The rules for models in the Responses API.
extension ModelRules {
    /// Parameters that the Responses API does not have.
    private static let unknown: ParameterSet = [.topK, .stop, .seed, .frequencyPenalty, .presencePenalty]

    /// - Parameter hasEffort: true if the request asks for reasoning.
    static func responses(_ model: String, _ family: Dialect.ModelFamily, hasEffort: Bool) -> ModelRules {
        var rules = of(model, family, hasTools: false, hasEffort: hasEffort)
        if rules.needsResponsesAPI { rules = responsesOnly(baseName(model)) }
        rules.refused.formUnion(unknown)
        return rules
    }

    static func responsesOnly(_ name: String) -> ModelRules {
        let always: ParameterSet = [.temperature, .topP]
        if name.begins("computer-use-preview") {
            return ModelRules(refused: always.union([.reasoning]), efforts: [])
        }
        // Deep research models support one effort only.
        if name.holds("-deep-research") { return ModelRules(refused: always, efforts: [.medium]) }
        guard let version = gptVersion(name) else { return oSeries(name) }
        guard isPro(name) else {
            // Codex models always reason.
            return ModelRules(refused: always, efforts: [.low, .medium, .high])
        }
        let isFirst = version.major == 5 && version.minor == 0
        return ModelRules(refused: always, efforts: isFirst ? [.high] : [.medium, .high])
    }
}

extension Reasoning.Effort {
    /// The lowest of `efforts` that is not below this one, or else the highest; this one if `efforts` is empty.
    /// - Parameter efforts: in ascending order.
    func nearest(in efforts: [Reasoning.Effort]) -> Reasoning.Effort {
        let order: [Reasoning.Effort] = [.minimal, .low, .medium, .high]
        let wanted = order.firstIndex(of: self) ?? 0
        return efforts.first { order.firstIndex(of: $0) ?? 0 >= wanted } ?? efforts.last ?? self
    }
}
