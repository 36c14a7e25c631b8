import UltraAPI

/// What one model of a Chat Completions server refuses, so that it is never sent.
struct ModelRules: Equatable {
    var refused: ParameterSet = []
    /// Efforts it takes, ascending; empty: it refuses any. Others are sent as the nearest above, else the highest.
    var efforts: [Reasoning.Effort] = [.minimal, .low, .medium, .high]
    /// `"reasoning_effort":"none"` must be sent.
    var mustNotReason = false
    /// Chat Completions does not serve it at all.
    var needsResponsesAPI = false
    /// The Responses API does not serve it.
    var needsChatCompletions = false
    /// Chat Completions serves the request only without the reasoning it asks for, or the model would do.
    var losesReasoning = false
    /// nil: as the server has it.
    var tokenLimit: Dialect.TokenLimit?

    /// - Parameter hasEffort: the request asks for reasoning.
    static func of(_ model: String, _ family: Dialect.ModelFamily, hasTools: Bool, hasEffort: Bool) -> ModelRules {
        switch family {
        case .any: isOpenAIs(model) ? behindGateway(model, hasTools: hasTools, hasEffort: hasEffort) : ModelRules()
        case .groq: groq(model)
        case .openAI: openAI(model, hasTools: hasTools, hasEffort: hasEffort)
        case .xAI: xAI(model)
        }
    }

    /// Whether `model` is one of OpenAI's by its name, whatever stands before it.
    static func isOpenAIs(_ model: String) -> Bool {
        let name = familyName(model)
        return isOSeries(name) || name.hasPrefix("gpt-") && !name.hasPrefix("gpt-oss") && gptVersion(name) != nil
            || name.hasPrefix("chatgpt-")
    }

    /// OpenAI's models that reason refuse the same things behind any server; older ones take what the server takes.
    private static func behindGateway(_ model: String, hasTools: Bool, hasEffort: Bool) -> ModelRules {
        let name = familyName(model)
        let isFive = (gptVersion(name)?.major ?? 0) >= 5 && !name.hasPrefix("gpt-5-chat")
        guard isOSeries(name) || isFive else { return ModelRules() }
        var rules = openAI(name, hasTools: hasTools, hasEffort: hasEffort)
        if rules.needsResponsesAPI { rules = responsesOnly(name) }
        // Which of OpenAI's APIs it is asked with is the server's business.
        rules.needsResponsesAPI = false
        rules.needsChatCompletions = false
        rules.losesReasoning = false
        rules.tokenLimit = .maxCompletionTokens
        return rules
    }

    /// `gpt-5-mini` of `openai/gpt-5-mini`, `azure:gpt-5-mini`, `openai.gpt-5-mini`.
    private static func familyName(_ model: String) -> String {
        let name = baseName(model)
        for mark in [":", "."] {
            guard let end = name.utf8.firstIndex(of: mark.utf8.first ?? 0) else { continue }
            let rest = String(name[name.utf8.index(after: end)...])
            if rest.hasPrefix("gpt-") || isOSeries(rest) { return rest }
        }
        return name
    }

    private static func isOSeries(_ name: String) -> Bool {
        name.hasPrefix("o") && name.utf8.dropFirst().first?.isDigit == true
    }

    private static func openAI(_ model: String, hasTools: Bool, hasEffort: Bool) -> ModelRules {
        let name = baseName(model)
        if isResponsesOnly(name) { return ModelRules(needsResponsesAPI: true) }
        if name.holds("-search-preview") || name.holds("-search-api") { return search }
        if isOSeries(name) { return oSeries(name) }
        guard let version = gptVersion(name), version.major >= 5, !name.hasPrefix("gpt-5-chat") else {
            return ModelRules(refused: [.reasoning], efforts: [], needsChatCompletions: name.holds("-audio"))
        }
        return gpt5(version.major * 100 + version.minor, hasTools: hasTools, hasEffort: hasEffort)
    }

    /// Hardly anything beyond messages.
    private static let search = ModelRules(
        refused: [
            .temperature, .topP, .stop, .seed, .frequencyPenalty, .presencePenalty, .tools, .toolChoice,
            .parallelToolCalls, .reasoning,
        ], efforts: [], needsChatCompletions: true)

    /// A fine-tuned model, `ft:base:org:name:id`, follows its base.
    static func baseName(_ model: String) -> String {
        let model = model.hasPrefix("ft:") ? String(model.dropFirst(3).prefix { $0 != ":" }) : model
        guard let slash = model.utf8.lastIndex(of: UInt8(ascii: "/")) else { return model }
        let name = model[model.utf8.index(after: slash)...]
        return name.isEmpty ? model : String(name)
    }

    static func oSeries(_ name: String) -> ModelRules {
        var rules = ModelRules(
            refused: [.temperature, .topP, .frequencyPenalty, .presencePenalty, .parallelToolCalls],
            efforts: [.low, .medium, .high])
        // The first ones tolerate it.
        if name != "o1", !name.hasPrefix("o1-"), !name.hasPrefix("o3-mini") { rules.refused.insert(.stop) }
        return rules
    }

    /// - Parameter version: 504 for gpt-5.4.
    private static func gpt5(_ version: Int, hasTools: Bool, hasEffort: Bool) -> ModelRules {
        var rules = ModelRules(refused: [.stop, .frequencyPenalty, .presencePenalty])
        // `minimal` gave way to `none`.
        if version >= 501 { rules.efforts = [.low, .medium, .high] }
        if hasTools, version >= 504 {
            // Function tools only without reasoning; later ones reason unless told not to.
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
            (model.hasPrefix("grok-4") || model.hasPrefix("grok-code") || model.hasPrefix("grok-3-mini"))
            && !model.holds("non-reasoning")
        guard reasons else { return ModelRules(refused: [.reasoning], efforts: []) }
        guard model.hasPrefix("grok-3-mini") else {
            return ModelRules(refused: [.stop, .frequencyPenalty, .presencePenalty, .reasoning], efforts: [])
        }
        return ModelRules(refused: [.stop, .frequencyPenalty, .presencePenalty], efforts: [.low, .high])
    }

    /// Few models reason, each in its own way.
    private static func groq(_ model: String) -> ModelRules {
        model.holds("gpt-oss")
            ? ModelRules(efforts: [.low, .medium, .high]) : ModelRules(refused: [.reasoning], efforts: [])
    }

    private static func isResponsesOnly(_ name: String) -> Bool {
        name.holds("-codex") || name.holds("-deep-research") || name.hasPrefix("computer-use-preview")
            || name.hasPrefix("o1-pro") || name.hasPrefix("o3-pro")
            || (isPro(name) && (gptVersion(name)?.major ?? 0) >= 5)
    }

    /// A word of the name is `pro`.
    static func isPro(_ name: String) -> Bool {
        name.holds("pro") && name.utf8.split(separator: UInt8(ascii: "-")).contains { $0.elementsEqual("pro".utf8) }
    }

    /// `5, 4` of `gpt-5.4-mini`. Bytes, not characters: this is asked of every request.
    static func gptVersion(_ name: String) -> (major: Int, minor: Int)? {
        guard name.hasPrefix("gpt-") else { return nil }
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
