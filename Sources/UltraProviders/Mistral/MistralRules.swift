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
