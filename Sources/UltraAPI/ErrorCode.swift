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
