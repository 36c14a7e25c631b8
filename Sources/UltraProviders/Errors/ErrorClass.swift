package import UltraAPI

/// The meaning of a provider's error for routing.
package struct ErrorClass: Sendable, Equatable {
    package var code: ErrorCode
    /// True if the same request may succeed on the same model later.
    package var isRetryable: Bool

    package init(_ code: ErrorCode, isRetryable: Bool) {
        self.code = code
        self.isRetryable = isRetryable
    }

    /// Classifies an error by the provider's code, then by phrases in its message, then by HTTP status, then by the
    /// vaguer error types.
    ///
    /// The codes and phrases are those of OpenAI and of servers that implement its API. A code has the same meaning
    /// with every provider that uses it.
    /// - Parameter status: nil or 200 for an error inside a stream that began normally.
    package static func standard(_ error: ErrorBody, status: Int?) -> ErrorClass {
        let status = [status, error.status].lazy.compactMap { $0 }.first { $0 >= 400 }
        let message = (error.message ?? "").lowercased()
        if exceedsContext(error, status, message) { return ErrorClass(.contextLength, isRetryable: false) }
        for word in [error.reason, error.code, error.type] {
            guard let word, let code = codes[word.lowercased()] else { continue }
            // A request larger than the rate limit itself can never succeed.
            let isRetryable = code == .overloaded || code == .rateLimited && !message.contains("request too large")
            return ErrorClass(code, isRetryable: isRetryable)
        }
        if status == 400, keyWords.contains(where: message.contains) {
            return ErrorClass(.authentication, isRetryable: false)
        }
        if let status { return byStatus(status, message) }
        let isClientError = error.type?.lowercased().hasPrefix("invalid") == true
        return isClientError
            ? ErrorClass(.badRequest, isRetryable: false) : ErrorClass(.upstreamError, isRetryable: true)
    }

    private static func byStatus(_ status: Int, _ message: String) -> ErrorClass {
        switch status {
        case 401: ErrorClass(.authentication, isRetryable: false)
        case 402: ErrorClass(.quotaExceeded, isRetryable: false)
        // OpenRouter's answer to input that its moderation flagged.
        case 403 where message.contains("flagged"): ErrorClass(.contentFiltered, isRetryable: false)
        // Fireworks sends 412 for a suspended account.
        case 403, 412: ErrorClass(.permissionDenied, isRetryable: false)
        case 404 where message.contains("model"): ErrorClass(.modelNotFound, isRetryable: false)
        case 429 where quotaWords.contains(where: message.contains): ErrorClass(.quotaExceeded, isRetryable: false)
        case 429: ErrorClass(.rateLimited, isRetryable: true)
        case 498, 503, 529: ErrorClass(.overloaded, isRetryable: true)
        case 408, 409, 425, 499: ErrorClass(.upstreamError, isRetryable: true)
        case 501: ErrorClass(.badRequest, isRetryable: false)
        case 500...: ErrorClass(.upstreamError, isRetryable: true)
        default: ErrorClass(.badRequest, isRetryable: false)
        }
    }

    private static func exceedsContext(_ error: ErrorBody, _ status: Int?, _ message: String) -> Bool {
        for word in [error.code, error.type] where word.map({ codes[$0.lowercased()] }) == .contextLength {
            return true
        }
        guard status == nil || status == 400 || status == 413 || status == 422,
            !message.contains("rate limit"), !message.contains("too many requests")
        else { return false }
        return contextWords.contains(where: message.contains)
    }

    /// Codes and types whose meaning does not depend on the HTTP status.
    private static let codes: [String: ErrorCode] = [
        "context_length_exceeded": .contextLength,
        "model_context_window_exceeded": .contextLength,
        "exceed_context_size_error": .contextLength,
        "insufficient_quota": .quotaExceeded,
        "credit_balance_exhausted": .quotaExceeded,
        "organization_spend_limit_exceeded": .quotaExceeded,
        "project_spend_limit_exceeded": .quotaExceeded,
        "organization_usage_limit_exceeded": .quotaExceeded,
        "enforced_spend_limit_reached": .quotaExceeded,
        "contract_spend_limit_reached": .quotaExceeded,
        "billing_hard_limit_reached": .quotaExceeded,
        "billing_not_active": .quotaExceeded,
        "billing_error": .quotaExceeded,
        "rate_limit_exceeded": .rateLimited,
        "rate_limit_error": .rateLimited,
        "rate_limited": .rateLimited,
        "ratelimitreached": .rateLimited,
        "resource_exhausted": .rateLimited,
        "slow_down": .rateLimited,
        "server_is_overloaded": .overloaded,
        "service_unavailable_error": .overloaded,
        "overloaded_error": .overloaded,
        "unavailable_error": .overloaded,
        "unavailable": .overloaded,
        "invalid_api_key": .authentication,
        "api_key_invalid": .authentication,
        "authentication_error": .authentication,
        "unauthenticated": .authentication,
        "permission_error": .permissionDenied,
        "permission_denied": .permissionDenied,
        "unsupported_country_region_territory": .permissionDenied,
        "model_not_found": .modelNotFound,
        "deploymentnotfound": .modelNotFound,
        "invalid_model": .modelNotFound,
        "not_found_error": .modelNotFound,
        "not_found": .modelNotFound,
        "content_filter": .contentFiltered,
        "content_policy_violation": .contentFiltered,
        "invalid_prompt": .contentFiltered,
    ]

    private static let contextWords = [
        "maximum context length", "exceeds the context window", "maximum prompt length is",
        "reduce the length of the messages", "too large for model with", "exceeds the available context size",
        "greater than the context length", "exceeded max context length", "exceeds the context length",
    ]

    private static let quotaWords = ["billing", "credit", "daily limit", "monthly"]

    private static let keyWords = ["incorrect api key", "invalid api key", "api key not valid", "invalid api token"]
}
