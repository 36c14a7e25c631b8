/// A failure as the wire protocol reports it: what went wrong, where, and what to do about it.
///
/// `message` is one sentence a person can act on. No field ever holds a key, a prompt or an answer.
@dynamicMemberLookup
package struct UltraError: Error, Sendable, Equatable {
    /// What there is to say; see `UltraError`.
    package struct Content: Sendable, Equatable {
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
        /// Of a configuration that was refused: `file:line: text` each.
        package var problems: [String] = []
        /// `message` is the provider's own sentence. Not on the wire.
        package var isQuoted = false
        /// Nobody listened at the provider's address. Not on the wire.
        package var isConnectionRefused = false
    }

    /// One word long: every asynchronous function that throws this keeps room for it in its frame, for as long as a
    /// stream is open.
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

/// The timers of a request; the raw value is the wire's `timeout`.
package enum TimeoutKind: String, Sendable {
    case queue, connect, idle, total
    case firstToken = "first_token"
    case writeStall = "write_stall"
}
