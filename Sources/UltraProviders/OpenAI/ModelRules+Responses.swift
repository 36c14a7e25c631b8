import UltraAPI

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
        if name.hasPrefix("computer-use-preview") {
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
