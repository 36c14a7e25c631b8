import UltraAPI

/// The thinking mode and effort to send, from the request's reasoning and what the model supports.
struct ClaudeThinking: Equatable {
    enum Mode: Equatable {
        /// `thinking` is not sent.
        case omitted
        case adaptive
        /// In tokens, at least 1024.
        case budget(Int)
    }

    private(set) var mode = Mode.omitted
    /// The value for `output_config`; nil to send none.
    private(set) var effort: String?
    /// True if the reply contains a summary of the thinking only on request.
    private(set) var requestsSummary = false

    static let minimumBudget = 1024

    /// - Parameter forcesTools: true if the model must call a tool.
    init(
        _ reasoning: Reasoning?, _ rules: ClaudeRules, forcesTools: Bool, _ conversation: AnthropicConversation,
        _ omitted: inout Omissions
    ) {
        guard let reasoning else { return }
        let isRequested = reasoning.effort != nil || reasoning.budgetTokens != nil
        let wantsSummary = reasoning.isIncluded && !rules.showsThinking
        guard isRequested else {
            // The model thinks anyway, and the client wants to see it.
            if rules.thinksByDefault, wantsSummary {
                mode = .adaptive
                requestsSummary = true
            }
            return
        }
        guard omitted.accepts(.reasoning) else { return }
        let takesBudget = rules.thinking == .budget || rules.thinking == .budgetOrAdaptive && reasoning.effort == nil
        guard takesBudget else {
            mode = .adaptive
            requestsSummary = wantsSummary
            effort = Self.effort(reasoning, &omitted)
            return
        }
        if forcesTools {
            omitted.warn("\(omitted.model) does not reason when it must call a tool: reasoning was left out")
        } else if conversation.hasPrefill {
            omitted.warn("\(omitted.model) does not reason when it continues a message: reasoning was left out")
        } else if conversation.hasLoopWithoutThinking {
            omitted.warn(
                "\(omitted.model) does not start to reason between a tool call and its result: reasoning was left out")
        } else {
            mode = .budget(Self.budget(reasoning, rules, &omitted))
            requestsSummary = wantsSummary
        }
    }

    private static func effort(_ reasoning: Reasoning, _ omitted: inout Omissions) -> String {
        if let effort = reasoning.effort {
            if reasoning.budgetTokens != nil {
                omitted.warn("\(omitted.model) takes a reasoning effort instead of budget_tokens: they were left out")
            }
            return effort == .minimal ? "low" : effort.rawValue
        }
        let effort =
            switch reasoning.budgetTokens ?? 0 {
            case ...2048: "low"
            case ...10_000: "medium"
            default: "high"
            }
        omitted.warn("\(omitted.model) takes a reasoning effort instead of budget_tokens: \(effort) was sent")
        return effort
    }

    private static func budget(_ reasoning: Reasoning, _ rules: ClaudeRules, _ omitted: inout Omissions) -> Int {
        let requested =
            reasoning.budgetTokens
            ?? {
                switch reasoning.effort ?? .medium {
                case .minimal: 1024
                case .low: 2048
                case .medium: 10_000
                case .high: 16_384
                }
            }()
        // Leave tokens for the answer.
        let most = rules.outputLimit.map { $0 - minimumBudget } ?? Int.max
        let budget = min(max(requested, minimumBudget), most)
        if budget != requested {
            omitted.warn("\(omitted.model) does not take budget_tokens of \(requested): \(budget) was sent")
        }
        return budget
    }

    func write(_ body: inout RequestBody) {
        guard mode != .omitted else { return }
        body.member("thinking") { json in
            json.beginObject()
            switch mode {
            case .omitted: break
            case .adaptive: json.field("type", "adaptive")
            case .budget(let tokens):
                json.field("type", "enabled")
                json.field("budget_tokens", tokens)
            }
            if requestsSummary { json.field("display", "summarized") }
            json.endObject()
        }
    }

    /// The value of `max_tokens`, which includes thinking as well as the answer.
    func maxTokens(_ requested: Int?, _ rules: ClaudeRules, _ omitted: inout Omissions) -> Int {
        let limit = rules.outputLimit ?? Int.max
        if let requested, requested > limit {
            omitted.warn("\(omitted.model) answers in \(limit) tokens at most: max_tokens was lowered")
        }
        guard case .budget(let budget) = mode else { return min(requested ?? rules.defaultMaxTokens, limit) }
        guard let requested else { return min(budget + rules.defaultMaxTokens, limit) }
        guard requested <= budget else { return min(requested, limit) }
        omitted.warn("\(omitted.model) counts reasoning in max_tokens: it was raised by budget_tokens")
        return min(budget + requested, limit)
    }
}
