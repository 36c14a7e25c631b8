/// What Cohere's models differ in, by name. Models nobody has heard of are taken for the newest kind.
struct CohereRules: Equatable {
    var reasons = true
    var takesImages = true
    /// Whether it can be told to call a tool, or not to.
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
