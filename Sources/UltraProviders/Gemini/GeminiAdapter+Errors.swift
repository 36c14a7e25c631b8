import UltraAPI

extension GeminiAdapter {
    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        let message = (error.message ?? "").lowercased()
        if message.contains("input token count"), message.contains("exceeds the maximum") {
            return ErrorClass(.contextLength, isRetryable: false)
        }
        let isNumber = error.code.map { Int($0) != nil } ?? true
        // Gateways write the words in letters of their own.
        switch (isNumber ? error.type : error.code)?.uppercased() {
        // Reasons to block a prompt; their HTTP status is 200.
        case "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK",
            "BLOCK_REASON_UNSPECIFIED":
            return ErrorClass(.contentFiltered, isRetryable: false)
        // Reasons to end an answer that the same request meets again.
        case "MISSING_THOUGHT_SIGNATURE", "LANGUAGE":
            return ErrorClass(.badRequest, isRetryable: false)
        case "RESOURCE_EXHAUSTED" where error.reason?.contains("PerDay") == true:
            return ErrorClass(.quotaExceeded, isRetryable: false)
        case "FAILED_PRECONDITION" where message.contains("location"):
            return ErrorClass(.permissionDenied, isRetryable: false)
        case "FAILED_PRECONDITION" where message.contains("billing"):
            return ErrorClass(.quotaExceeded, isRetryable: false)
        // A call without a key, and a key that Google has found in public.
        case "PERMISSION_DENIED" where message.contains("unregistered callers") || message.contains("leaked"):
            return ErrorClass(.authentication, isRetryable: false)
        case "CANCELLED":
            return ErrorClass(.upstreamError, isRetryable: false)
        default:
            return ErrorClass.standard(error, status: status)
        }
    }
}
