import UltraAPI

/// Collects the parameters a request sets but its model does not accept. Each is left out and named once in `warnings`.
struct Omissions {
    let provider: String
    private let name: String
    let refused: ParameterSet
    private(set) var warnings: [String] = []
    /// The maximum number of warnings for one request.
    private static let warningLimit = 64

    init(_ provider: String, _ model: String, refused: ParameterSet) {
        self.provider = provider
        name = model
        self.refused = refused
    }

    /// The full name, `provider/model`.
    var model: String { "\(provider)/\(name)" }

    /// True if `parameter` may be sent. Adds a warning if not. Call it only for parameters that the request sets.
    mutating func accepts(_ parameter: Parameter) -> Bool {
        guard refused.contains(parameter) else { return true }
        warn("\(model) does not take \(parameter.word): it was left out")
        return false
    }

    /// Returns `value` if the parameter may be sent, else nil. A value equal to `default` is dropped without a warning,
    /// because the model behaves that way anyway.
    mutating func accepted<T: Equatable>(_ parameter: Parameter, _ value: T?, default: T? = nil) -> T? {
        guard let value else { return nil }
        if refused.contains(parameter), value == `default` { return nil }
        return accepts(parameter) ? value : nil
    }

    mutating func warn(_ sentence: String) {
        guard warnings.count < Self.warningLimit, !warnings.contains(sentence) else { return }
        warnings.append(warnings.count + 1 == Self.warningLimit ? "\(model): further warnings were dropped" : sentence)
    }
}

/// Errors for things that cannot be left out with a warning, because the model would then answer a different question.
extension Omissions {
    /// - Parameter sentence: the predicate; the model's name is put in front as the subject.
    func capabilityMissing(_ sentence: String, hint: String? = nil) -> UltraError {
        UltraError(.capabilityMissing, "\(model) \(sentence)", hint: hint, provider: provider, model: model)
    }

    /// An error for a conversation that no model of the provider can answer.
    func badRequest(_ message: String) -> UltraError {
        UltraError(.badRequest, message, field: "messages", provider: provider, model: model)
    }
}

/// A request parameter that some providers or models do not accept. The raw value is its bit in a `ParameterSet`.
package enum Parameter: UInt8, Sendable {
    case temperature, topP, topK, stop, seed, frequencyPenalty, presencePenalty
    case tools, toolChoice, parallelToolCalls, reasoning, jsonSchema, responseFormat

    /// The parameter's name in the frame protocol.
    var word: String {
        switch self {
        case .temperature: "temperature"
        case .topP: "top_p"
        case .topK: "top_k"
        case .stop: "stop"
        case .seed: "seed"
        case .frequencyPenalty: "frequency_penalty"
        case .presencePenalty: "presence_penalty"
        case .tools: "tools"
        case .toolChoice: "tool_choice"
        case .parallelToolCalls: "parallel_tool_calls"
        case .reasoning: "reasoning"
        case .jsonSchema: "response_format.schema"
        case .responseFormat: "response_format"
        }
    }
}

/// A set of parameters in one word: every request is checked against the parameters its model refuses.
package struct ParameterSet: ExpressibleByArrayLiteral, Equatable, Sendable {
    private var bits: UInt16 = 0

    package init(arrayLiteral parameters: Parameter...) {
        for parameter in parameters { insert(parameter) }
    }

    package func contains(_ parameter: Parameter) -> Bool {
        bits & 1 << parameter.rawValue != 0
    }

    package mutating func insert(_ parameter: Parameter) {
        bits |= 1 << parameter.rawValue
    }

    package mutating func formUnion(_ other: ParameterSet) {
        bits |= other.bits
    }

    package func union(_ other: ParameterSet) -> ParameterSet {
        var union = self
        union.formUnion(other)
        return union
    }
}
