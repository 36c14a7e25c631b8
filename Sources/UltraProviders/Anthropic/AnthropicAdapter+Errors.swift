import UltraAPI

extension AnthropicAdapter {
    /// What only the message tells: refusals of the 400 kind share one type.
    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        let message = (error.message ?? "").lowercased()
        switch error.type?.lowercased() {
        case "invalid_request_error":
            if message.hasPrefix("prompt is too long") || message.contains("exceed context limit") {
                return ErrorClass(.contextLength, isRetryable: false)
            }
            if message.contains("credit balance") || message.contains("usage limit")
                || message.contains("spend limit")
            {
                return ErrorClass(.quotaExceeded, isRetryable: false)
            }
            if message.contains("content filtering") { return ErrorClass(.contentFiltered, isRetryable: false) }
            return ErrorClass(.badRequest, isRetryable: false)
        case "request_too_large":
            return ErrorClass(.badRequest, isRetryable: false)
        // The path, not the model: a wrong endpoint.
        case "not_found_error" where !message.contains("model"):
            return ErrorClass(.badRequest, isRetryable: false)
        default:
            return .standard(error, status: status)
        }
    }
}
