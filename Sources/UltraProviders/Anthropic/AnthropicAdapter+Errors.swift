import UltraAPI

extension AnthropicAdapter {
    /// Distinguishes errors of the type `invalid_request_error` by their message.
    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        let message = (error.message ?? "").lowercased()
        switch error.type {
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
        // The path was not found, not the model: the endpoint is wrong.
        case "not_found_error" where !message.contains("model"):
            return ErrorClass(.badRequest, isRetryable: false)
        default:
            return .standard(error, status: status)
        }
    }
}
