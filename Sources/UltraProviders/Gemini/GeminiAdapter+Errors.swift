import UltraAPI

extension GeminiAdapter {
    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        let message = (error.message ?? "").lowercased()
        if message.contains("input token count"), message.contains("exceeds the maximum") {
            return ErrorClass(.contextLength, isRetryable: false)
        }
        let isNumber = error.code.map { Int($0) != nil } ?? true
        switch isNumber ? error.type : error.code {
        // Reasons for blocking a prompt; the HTTP status is 200.
        case "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK",
            "BLOCK_REASON_UNSPECIFIED":
            return ErrorClass(.contentFiltered, isRetryable: false)
        // Reasons for ending an answer that would occur again with the same request.
        case "MISSING_THOUGHT_SIGNATURE", "LANGUAGE":
            return ErrorClass(.badRequest, isRetryable: false)
        case "RESOURCE_EXHAUSTED" where error.reason?.contains("PerDay") == true:
            return ErrorClass(.quotaExceeded, isRetryable: false)
        case "FAILED_PRECONDITION" where message.contains("location"):
            return ErrorClass(.permissionDenied, isRetryable: false)
        case "FAILED_PRECONDITION" where message.contains("billing"):
            return ErrorClass(.quotaExceeded, isRetryable: false)
        // A request without a key, or with a key that Google found published.
        case "PERMISSION_DENIED" where message.contains("unregistered callers") || message.contains("leaked"):
            return ErrorClass(.authentication, isRetryable: false)
        case "CANCELLED":
            return ErrorClass(.upstreamError, isRetryable: false)
        default:
            return ErrorClass.standard(error, status: status)
        }
    }
}
