/// A wish of a request that some provider or model does not take; the raw value is the wire's word.
package enum Parameter: String, Sendable {
    case temperature
    case topP = "top_p"
    case topK = "top_k"
    case stop
    case seed
    case frequencyPenalty = "frequency_penalty"
    case presencePenalty = "presence_penalty"
    case tools
    case toolChoice = "tool_choice"
    case parallelToolCalls = "parallel_tool_calls"
    case reasoning
    case jsonSchema = "response_format.schema"
    case responseFormat = "response_format"
}
