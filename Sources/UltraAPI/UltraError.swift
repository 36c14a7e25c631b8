/// An error as reported to clients: what failed, where, and what to do about it.
///
/// `message` is one sentence that helps a person act. No field ever contains a key, a prompt or an answer.
@dynamicMemberLookup
package struct UltraError: Error, Sendable, Equatable {
    /// The fields of an error.
    package struct Content: Sendable, Equatable {
        package var code: ErrorCode
        package var message: String
        /// Advice on the next step; nil if there is none.
        package var hint: String?
        /// The offending field of an `invalid_request`.
        package var field: String?
        /// For `timeout`: the timeout that expired.
        package var timeout: TimeoutKind?
        /// The provider's id; `ultrad` for the daemon's own limits.
        package var provider: String?
        /// `provider/model`, as routed.
        package var model: String?
        /// HTTP status; nil if there was no reply.
        package var status: Int?
        /// The provider's own error code or type.
        package var providerCode: String?
        /// The provider's request id, for its support.
        package var requestID: String?
        package var isRetryable: Bool
        /// How long the provider asked to wait, in milliseconds; nil if it did not.
        package var retryAfterMilliseconds: Int?
        /// For `stream_truncated`: UTF-8 bytes of answer text already delivered.
        package var partialTextBytes: Int?
        package var attempts: [Attempt]
        /// For a rejected configuration: `file:line: text` each.
        package var problems: [String] = []
        /// True if `message` quotes the provider. Not on the wire.
        package var isQuoted = false
        /// True if nothing listened at the provider's address. Not on the wire.
        package var isConnectionRefused = false
    }

    /// Boxed to one word: every asynchronous function that throws this error reserves room for it in its frame as long
    /// as a stream is open.
    private indirect enum Box: Sendable, Equatable {
        case content(Content)
    }

    private var box: Box

    package init(
        _ code: ErrorCode, _ message: String, hint: String? = nil, field: String? = nil, timeout: TimeoutKind? = nil,
        provider: String? = nil, model: String? = nil, status: Int? = nil, providerCode: String? = nil,
        requestID: String? = nil, isRetryable: Bool = false, retryAfterMilliseconds: Int? = nil,
        partialTextBytes: Int? = nil, attempts: [Attempt] = []
    ) {
        box = .content(
            Content(
                code: code, message: message, hint: hint, field: field, timeout: timeout, provider: provider,
                model: model, status: status, providerCode: providerCode, requestID: requestID,
                isRetryable: isRetryable, retryAfterMilliseconds: retryAfterMilliseconds,
                partialTextBytes: partialTextBytes, attempts: attempts))
    }

    package subscript<Value>(dynamicMember member: WritableKeyPath<Content, Value>) -> Value {
        get {
            switch box {
            case .content(let content): content[keyPath: member]
            }
        }
        set {
            switch box {
            case .content(var content):
                content[keyPath: member] = newValue
                box = .content(content)
            }
        }
    }
}

/// The timeouts of a request; the raw values are the wire's `timeout`.
package enum TimeoutKind: String, Sendable {
    case queue, connect, idle, total
    case firstToken = "first_token"
    case writeStall = "write_stall"
}

/// The error codes of the wire protocol (ultra-protocol(7)). The raw values never change.
package enum ErrorCode: String, Sendable, CaseIterable {
    case invalidFrame = "invalid_frame"
    case invalidRequest = "invalid_request"
    case modelNotFound = "model_not_found"
    case noModelAvailable = "no_model_available"
    case capabilityMissing = "capability_missing"
    case authentication
    case permissionDenied = "permission_denied"
    case rateLimited = "rate_limited"
    case quotaExceeded = "quota_exceeded"
    case overloaded
    case contextLength = "context_length"
    case contentFiltered = "content_filtered"
    case badRequest = "bad_request"
    case connectFailed = "connect_failed"
    case timeout
    case upstreamError = "upstream_error"
    case upstreamProtocol = "upstream_protocol"
    case streamTruncated = "stream_truncated"
    case cancelled
    case shuttingDown = "shutting_down"
    /// Something exceeds a limit of the daemon; the message names the setting.
    case tooLarge = "too_large"
    case fellBehind = "fell_behind"
    case `internal`
}
