/// A failure as the wire protocol reports it: what went wrong, where, and what to do about it.
///
/// `message` is one sentence a person can act on. No field ever holds a key, a prompt or an answer.
package struct UltraError: Error, Sendable, Equatable {
    package var code: ErrorCode
    package var message: String
    /// What the reader of the error can do next.
    package var hint: String?
    /// The offending field of an `invalid_request`.
    package var field: String?
    /// Which timer fired, for `timeout`.
    package var timeout: TimeoutKind?
    /// The provider's id, or `ultrad` for a limit of the daemon's own.
    package var provider: String?
    /// `provider/model` as routed.
    package var model: String?
    /// HTTP status, if a reply arrived.
    package var status: Int?
    /// The provider's own error code or type.
    package var providerCode: String?
    /// The provider's request id, for its support.
    package var requestID: String?
    package var isRetryable: Bool
    /// How long the provider asked to wait, in milliseconds.
    package var retryAfterMilliseconds: Int?
    /// UTF-8 bytes of answer text delivered before a `stream_truncated`.
    package var partialTextBytes: Int?
    package var attempts: [Attempt]

    package init(
        _ code: ErrorCode, _ message: String, hint: String? = nil, field: String? = nil, timeout: TimeoutKind? = nil,
        provider: String? = nil, model: String? = nil, status: Int? = nil, providerCode: String? = nil,
        requestID: String? = nil, isRetryable: Bool = false, retryAfterMilliseconds: Int? = nil,
        partialTextBytes: Int? = nil, attempts: [Attempt] = []
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.field = field
        self.timeout = timeout
        self.provider = provider
        self.model = model
        self.status = status
        self.providerCode = providerCode
        self.requestID = requestID
        self.isRetryable = isRetryable
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.partialTextBytes = partialTextBytes
        self.attempts = attempts
    }
}

/// The timers of a request; the raw value is the wire's `timeout`.
package enum TimeoutKind: String, Sendable {
    case queue, connect, idle, total
    case firstToken = "first_token"
    case writeStall = "write_stall"
}
