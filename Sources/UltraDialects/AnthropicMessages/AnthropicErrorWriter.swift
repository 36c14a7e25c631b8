internal import UltraAPI

/// Errors in Anthropic's shape: `{"type":"error","error":{"type","message"},"request_id"}`.
enum AnthropicErrorWriter {
    static func body(_ error: UltraError, requestID: String) -> [UInt8] {
        body(message(error), type: type(error), requestID: requestID)
    }

    /// The body for a request that the door refuses.
    static func body(_ refusal: HTTPRefusal, requestID: String) -> [UInt8] {
        let type =
            switch refusal.status {
            case 401: "authentication_error"
            case 403: "permission_error"
            case 404: "not_found_error"
            case 413: "request_too_large"
            case 500...: "api_error"
            default: "invalid_request_error"
            }
        return body(refusal.message, type: type, requestID: requestID)
    }

    private static func body(_ message: String, type: String, requestID: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("type", "error")
        json.key("error")
        json.beginObject()
        json.field("type", type)
        json.field("message", message)
        json.endObject()
        json.field("request_id", requestID)
        json.endObject()
        return json.bytes
    }

    /// The message, with the phrase that programs look for in Anthropic's messages.
    private static func message(_ error: UltraError) -> String {
        let message = error.messageWithHint
        guard error.code == .contextLength, !message.hasPrefix("prompt is too long") else { return message }
        return "prompt is too long: " + message
    }

    private static func type(_ error: UltraError) -> String {
        switch error.code {
        case .badRequest where error.status == 413: "request_too_large"
        case .invalidRequest, .invalidFrame, .badRequest, .capabilityMissing, .contextLength, .contentFiltered:
            "invalid_request_error"
        case .tooLarge: "request_too_large"
        case .modelNotFound: "not_found_error"
        case .permissionDenied: error.isOfProvider ? "api_error" : "permission_error"
        case .rateLimited, .quotaExceeded: "rate_limit_error"
        case .overloaded: "overloaded_error"
        case .timeout: "timeout_error"
        case .authentication, .noModelAvailable, .shuttingDown, .connectFailed, .upstreamError, .upstreamProtocol,
            .streamTruncated, .internal, .cancelled, .fellBehind:
            "api_error"
        }
    }
}
