/// What Mistral's models differ in, by name: a request does not carry the list's capabilities.
struct MistralRules: Equatable {
    enum Reasoning: Sendable {
        /// It does not reason, and knows no reasoning of earlier turns.
        case none
        /// It reasons whenever it is served; `prompt_mode` brings the prompt it was trained with.
        case always
        /// `reasoning_effort`, `none` or `high`.
        case effort
    }

    var reasoning = Reasoning.effort
    var takesImages = true

    /// Models nobody has heard of are taken for the newest kind.
    static func of(_ model: String) -> MistralRules {
        // A fine-tuned model, `ft:base:workspace:date:id`, follows its base.
        let name = model.hasPrefix("ft:") ? String(model.dropFirst(3).prefix { $0 != ":" }) : model
        let date = releaseDate(name)
        var rules = MistralRules()
        if name.hasPrefix("magistral-") {
            // Without a date they have become names of the general models.
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

    /// 2508 of `mistral-medium-2508`.
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
