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
