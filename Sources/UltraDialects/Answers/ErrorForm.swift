package import UltraAPI

/// The shape of errors in a dialect.
package enum ErrorForm: Sendable, Equatable {
    case openAI, anthropic, ollama
    /// Ultra's own operations.
    case ultra

    /// The body for an error.
    ///
    /// - Parameter requestID: The request's id, as in the header field `x-ultra-request-id`.
    package func body(_ error: UltraError, requestID: String) -> [UInt8] {
        switch self {
        case .openAI: OpenAIErrorWriter.body(error)
        case .anthropic: AnthropicErrorWriter.body(error, requestID: requestID)
        case .ollama: OllamaErrorWriter.body(error)
        case .ultra: UltraErrorWriter.body(error)
        }
    }

    /// The body for a request that the door refuses before it is read.
    package func body(_ refusal: HTTPRefusal, requestID: String) -> [UInt8] {
        switch self {
        case .openAI, .ultra: OpenAIErrorWriter.body(refusal)
        case .anthropic: AnthropicErrorWriter.body(refusal, requestID: requestID)
        case .ollama: OllamaErrorWriter.body(refusal.message)
        }
    }

    /// The header field with the request's id that the dialect's programs know; nil: none.
    package var requestIDField: StaticString? {
        switch self {
        case .openAI, .ultra: "x-request-id"
        case .anthropic: "request-id"
        case .ollama: nil
        }
    }

    /// The status for `error`. Anthropic has its own status for an overload, 529.
    package func status(_ error: UltraError) -> ErrorStatus {
        ErrorStatus(error, overloaded: self == .anthropic ? 529 : 503)
    }
}
