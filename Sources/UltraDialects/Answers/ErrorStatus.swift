package import UltraAPI

/// The HTTP status and the retry advice for an error.
package struct ErrorStatus: Sendable, Equatable {
    /// The HTTP status code.
    package let status: Int
    /// The time in which the request may succeed; nil: unknown.
    package let retryAfterMilliseconds: Int?
    /// True if the client should send the request again. Client libraries retry by themselves, but the daemon has
    /// already retried, so this is true only for a shutdown and for a known, short wait.
    package let shouldRetry: Bool

    /// The longest wait for which clients are asked to retry.
    static let longestWaitMilliseconds = 60_000

    /// - Parameter overloaded: The status for an overloaded provider.
    package init(_ error: UltraError, overloaded: Int = 503) {
        status = error.code == .overloaded ? overloaded : Self.status(error)
        let isShutdown = error.code == .shuttingDown
        retryAfterMilliseconds = error.retryAfterMilliseconds.map { max(0, $0) } ?? (isShutdown ? 1000 : nil)
        shouldRetry =
            switch error.code {
            case .shuttingDown: true
            case .rateLimited, .overloaded, .noModelAvailable:
                retryAfterMilliseconds.map { $0 <= Self.longestWaitMilliseconds } ?? false
            default: false
            }
    }

    /// The header fields `x-should-retry` and, if the wait is known, `retry-after` in whole seconds and
    /// `retry-after-ms`.
    package var fields: [HTTPResponseField] {
        var fields = [HTTPResponseField("x-should-retry", shouldRetry ? "true" : "false")]
        if let milliseconds = retryAfterMilliseconds {
            fields.append(HTTPResponseField("retry-after", "\(Self.seconds(milliseconds))"))
            fields.append(HTTPResponseField("retry-after-ms", "\(milliseconds)"))
        }
        return fields
    }

    /// Seconds, rounded up.
    static func seconds(_ milliseconds: Int) -> Int {
        let (seconds, rest) = max(0, milliseconds).quotientAndRemainder(dividingBy: 1000)
        return seconds + (rest > 0 ? 1 : 0)
    }

    private static func status(_ error: UltraError) -> Int {
        switch error.code {
        case .badRequest where error.status == 413 || error.status == 422: error.status ?? 400
        case .invalidRequest, .invalidFrame, .badRequest, .capabilityMissing, .contextLength, .contentFiltered: 400
        case .tooLarge: 413
        case .modelNotFound: 404
        // The provider refused the daemon's key. On 401 and 403, clients would ask their users to log in.
        case .authentication: 424
        case .permissionDenied: error.isOfProvider ? 424 : 403
        case .rateLimited, .quotaExceeded: 429
        case .overloaded, .noModelAvailable, .shuttingDown: 503
        case .timeout: 504
        case .connectFailed, .upstreamError, .upstreamProtocol, .streamTruncated: 502
        case .internal, .cancelled, .fellBehind: 500
        }
    }
}

extension UltraError {
    /// True if the error comes from a provider and not from the daemon.
    var isOfProvider: Bool { self.provider.map { $0 != "ultrad" } ?? false }

    /// Message and hint as one text.
    package var messageWithHint: String {
        guard let hint = self.hint, !hint.isEmpty else { return self.message }
        return self.message + "; " + hint
    }
}
