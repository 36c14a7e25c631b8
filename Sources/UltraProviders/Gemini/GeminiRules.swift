import UltraAPI

/// The features of one Gemini model, so that nothing it refuses is sent.
struct GeminiRules: Equatable {
    enum Thinking: Equatable {
        /// Any `thinkingConfig` is refused.
        case none
        /// `thinkingBudget`, in tokens.
        case budget(ClosedRange<Int>, canBeOff: Bool)
        /// `thinkingLevel`, with the levels in ascending order.
        case levels([Reasoning.Effort])
    }

    /// No model can be limited to one tool call at a time.
    var refused: ParameterSet = [.parallelToolCalls]
    var thinking = Thinking.none
    var takesTools = true
    var takesFormat = true
    var takesFormatWithTools = true
    /// Accepts JSON Schema. Older models accept a subset of OpenAPI's schemas.
    var takesJSONSchema = true
    var takesSystemInstruction = true
    /// Accepts ids of tool calls. Older models refuse them.
    var takesCallIDs = false
    /// The first call of a turn must have a signature.
    var needsCallSignatures = true
    var takesMediaInResults = true
    /// Accepts files by any public URL.
    var takesURLs = true
    /// Accepts a conversation that ends with a model turn, which the model continues.
    var takesModelTurnLast = true
    /// The maximum `maxOutputTokens` of a request that does not stream; nil if there is no such limit.
    var unaryTokenLimit: Int?

    /// The rules of a model. An unknown model gets those of the newest generation, without thinking.
    /// - Parameter model: with or without `models/`.
    static func of(_ model: String) -> GeminiRules {
        let name = model.split(separator: "/").last.map(String.init) ?? model
        if name.hasPrefix("gemma-") { return gemma(name) }
        var rules = GeminiRules()
        let isLite = name.holds("-flash-lite")
        let generation = generation(name, isLite: isLite)
        if let generation {
            rules.adapt(to: generation, isLite: isLite)
            rules.thinking = thinking(name, generation, isLite: isLite)
        } else {
            rules.refused.formUnion([.frequencyPenalty, .presencePenalty])
        }
        if isMediaModel(name) {
            rules.takesTools = false
            rules.takesFormat = false
            rules.thinking = .none
        }
        if rules.thinking == .none { rules.refused.insert(.reasoning) }
        if name.holds("argon") { rules.unaryTokenLimit = 32_768 }
        return rules
    }

    /// True for models that produce images or speech.
    static func isMediaModel(_ name: String) -> Bool {
        name.holds("-image") || name.holds("-tts") || name.hasPrefix("nano-banana")
    }

    private mutating func adapt(to generation: Int, isLite: Bool) {
        if generation >= 300 {
            takesCallIDs = true
            refused.formUnion([.frequencyPenalty, .presencePenalty])
        } else {
            needsCallSignatures = false
            takesFormatWithTools = false
            takesMediaInResults = false
        }
        if generation < 205 {
            takesJSONSchema = false
            takesURLs = false
        }
        if generation >= 306 || generation == 305 && isLite {
            // Ignored by these models; later ones may refuse them.
            refused.formUnion([.temperature, .topP, .topK])
            takesModelTurnLast = false
        }
    }

    private static func thinking(_ name: String, _ generation: Int, isLite: Bool) -> Thinking {
        let isFlash = name.holds("-flash")
        if name.hasSuffix("-latest") { return .levels([.low, .medium, .high]) }
        switch generation {
        case ..<205: return .none
        case 205 where isLite: return .budget(512...24_576, canBeOff: true)
        case 205 where isFlash: return .budget(1...24_576, canBeOff: true)
        case 205 where name.holds("-pro"): return .budget(128...32_768, canBeOff: false)
        case ..<300: return .none
        case 300 where !isFlash: return .levels([.low, .high])
        case 300...306 where isFlash: return .levels([.minimal, .low, .medium, .high])
        default: return .levels([.low, .medium, .high])
        }
    }

    private static func gemma(_ name: String) -> GeminiRules {
        var rules = GeminiRules(refused: [.parallelToolCalls, .reasoning], needsCallSignatures: false)
        rules.takesFormatWithTools = false
        rules.takesMediaInResults = false
        rules.takesURLs = false
        if let version = name.dropFirst("gemma-".count).first?.wholeNumberValue, version < 4 {
            rules.takesSystemInstruction = false
            rules.takesTools = false
            rules.takesFormat = false
        }
        return rules
    }

    /// The generation as major · 100 + minor, such as 306 for `gemini-3.6-flash`; nil if unknown. For aliases, it is
    /// the generation they referred to in December 2026.
    private static func generation(_ name: String, isLite: Bool) -> Int? {
        switch name {
        case "gemini-flash-latest": return 306
        case "gemini-flash-lite-latest": return 305
        case "gemini-pro-latest": return 301
        default: break
        }
        guard name.hasPrefix("gemini-") else { return nil }
        let numbers = name.dropFirst("gemini-".count).prefix { $0.isASCII && $0.isNumber || $0 == "." }
            .split(separator: ".").map { Int($0) }
        guard let major = numbers.first ?? nil, major < 100 else { return nil }
        return major * 100 + (numbers.count > 1 ? min(numbers[1] ?? 0, 99) : 0)
    }
}
