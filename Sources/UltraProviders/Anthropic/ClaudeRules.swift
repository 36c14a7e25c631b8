import UltraAPI

/// The features of one Claude model, so that nothing it refuses is sent.
///
/// The features follow from the name. The list of models has them too, but requests are encoded without it. An unknown
/// newer Claude model gets the strictest rules, any other unknown name the most lenient ones.
struct ClaudeRules: Equatable {
    enum Thinking {
        case none
        /// `{"type":"enabled","budget_tokens":n}`
        case budget
        /// `{"type":"adaptive"}` with an effort, or a budget.
        case budgetOrAdaptive
        /// `{"type":"adaptive"}` with an effort.
        case adaptive
    }

    var thinking = Thinking.budget
    /// The model thinks even if the request does not mention thinking.
    var thinksByDefault = false
    /// Thinking is included in the reply unless the request says otherwise.
    var showsThinking = true
    var takesSampling = true
    /// Accepts temperature and top_p in the same request.
    var takesTopPBesideTemperature = true
    /// A conversation may end with an assistant message, which the model continues.
    var takesPrefill = true
    var takesSchema = true
    /// Accepts a `tool_choice` of `any` or `tool`.
    var takesForcedTools = true
    /// The maximum `max_tokens`; nil if unknown.
    var outputLimit: Int?

    /// The value of `max_tokens` if the request has none. The API requires one.
    var defaultMaxTokens: Int { min(outputLimit ?? 8192, 16_384) }

    init(_ model: String) {
        let model = model.lowercased()
        guard let claude = model.firstRange(of: "claude") else { return }
        let words = model[claude.upperBound...].split { "-.@:_".contains($0) }
        let family = words.lazy.compactMap { Family(rawValue: String($0)) }.first
        apply(family, version: Self.version(words, family))
    }

    private enum Family: String {
        case opus, sonnet, haiku, fable, mythos, instant
    }

    /// Version 405 for `claude-opus-4-5-20251101`: the first numbers that are not part of a date.
    private static func version(_ words: [Substring], _ family: Family?) -> Int {
        let numbers = words.drop { Int($0) == nil }.prefix { $0.utf8.count <= 2 && Int($0) != nil }.compactMap {
            Int($0)
        }
        switch (numbers.first, family) {
        // `claude-mythos-preview`
        case (nil, .mythos), (nil, .fable): return 500
        case (nil, .instant): return 100
        // `claude-opus-latest` is the newest.
        case (nil, _): return 9999
        case (let major?, _): return major * 100 + (numbers.dropFirst().first ?? 0)
        }
    }

    private mutating func apply(_ family: Family?, version: Int) {
        switch version {
        case ..<307:
            thinking = .none
            takesSchema = false
            outputLimit = version >= 305 ? 8192 : 4096
        case ..<400:
            takesSchema = false
            outputLimit = 64_000
        case ..<405:
            takesTopPBesideTemperature = false
            takesSchema = family == .opus && version == 401
            outputLimit = family == .opus ? 32_000 : 64_000
        case ..<406:
            takesTopPBesideTemperature = false
            outputLimit = 64_000
        case 406:
            thinking = .budgetOrAdaptive
            takesTopPBesideTemperature = false
            takesPrefill = false
            outputLimit = 128_000
        default:
            thinking = .adaptive
            thinksByDefault = version >= 500
            showsThinking = false
            takesSampling = false
            takesPrefill = false
            takesForcedTools = Self.canBeForced(family, version)
            outputLimit = 128_000
        }
    }

    private static func canBeForced(_ family: Family?, _ version: Int) -> Bool {
        switch family {
        case .haiku: version <= 505
        case .fable, .mythos: version <= 500
        default: version < 505
        }
    }
}
