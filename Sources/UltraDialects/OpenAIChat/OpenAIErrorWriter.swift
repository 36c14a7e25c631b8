package import UltraAPI

/// Errors in OpenAI's shape: `{"error":{"message","type","param","code"}}`.
package enum OpenAIErrorWriter {
    package static func write(_ error: UltraError, to json: inout JSONWriter) {
        json.beginObject()
        writeMember(error, to: &json)
        json.endObject()
    }

    /// Writes the member `error` of an object.
    static func writeMember(_ error: UltraError, to json: inout JSONWriter) {
        let words = words(error)
        write(message(error), type: words.type, parameter: error.field, code: words.code, to: &json)
    }

    package static func body(_ error: UltraError) -> [UInt8] {
        var json = JSONWriter()
        write(error, to: &json)
        return json.bytes
    }

    /// The body for a request that the door refuses.
    package static func body(_ refusal: HTTPRefusal) -> [UInt8] {
        let (type, code): (String, String?) =
            switch refusal.status {
            case 401: ("authentication_error", "invalid_api_key")
            case 403: ("permission_error", nil)
            case 500...: ("server_error", nil)
            default: ("invalid_request_error", nil)
            }
        var json = JSONWriter()
        json.beginObject()
        write(refusal.message, type: type, parameter: nil, code: code, to: &json)
        json.endObject()
        return json.bytes
    }

    private static func write(
        _ message: String, type: String, parameter: String?, code: String?, to json: inout JSONWriter
    ) {
        json.key("error")
        json.beginObject()
        json.field("message", message)
        json.field("type", type)
        json.fieldOrNull("param", parameter)
        json.fieldOrNull("code", code)
        json.endObject()
    }

    /// The message with the phrases that programs search OpenAI's messages for.
    static func message(_ error: UltraError) -> String {
        var message = error.messageWithHint
        switch error.code {
        case .contextLength where !message.lowercased().contains("maximum context length"):
            message += "; the request is beyond the model's maximum context length"
        case .rateLimited:
            if let milliseconds = error.retryAfterMilliseconds, !message.contains("try again in ") {
                message += "; try again in \(ErrorStatus.seconds(milliseconds))s"
            }
        default: break
        }
        return message
    }

    static func words(_ error: UltraError) -> (type: String, code: String?) {
        switch error.code {
        case .capabilityMissing: ("invalid_request_error", "unsupported_parameter")
        case .invalidRequest, .invalidFrame, .badRequest:
            ("invalid_request_error", error.providerCode.flatMap { passedCodes.contains($0) ? $0 : nil })
        case .tooLarge: ("invalid_request_error", nil)
        case .contextLength: ("invalid_request_error", "context_length_exceeded")
        case .contentFiltered: ("invalid_request_error", "content_filter")
        case .modelNotFound: ("invalid_request_error", "model_not_found")
        case .authentication: ("invalid_request_error", "provider_key")
        case .permissionDenied:
            error.isOfProvider ? ("invalid_request_error", "provider_key") : ("permission_error", nil)
        case .rateLimited: ("requests", "rate_limit_exceeded")
        case .quotaExceeded: ("insufficient_quota", "insufficient_quota")
        case .overloaded: ("server_error", "server_is_overloaded")
        case .noModelAvailable, .shuttingDown, .timeout, .connectFailed, .upstreamError, .upstreamProtocol,
            .streamTruncated, .internal, .cancelled, .fellBehind:
            ("server_error", error.code.rawValue)
        }
    }

    /// Provider codes that are passed on, because they mean the same as OpenAI's.
    private static let passedCodes: Set<String> = ["unsupported_parameter", "unsupported_value"]
}
