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
