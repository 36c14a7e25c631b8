package import UltraAPI

/// A provider's instructions about sending the same request again.
package struct RetryAdvice: Sendable, Equatable {
    /// The value of `x-should-retry`; nil if the field is missing.
    package var shouldRetry: Bool?
    /// The requested wait; nil if the reply does not ask for one.
    package var afterMilliseconds: Int?

    package init(shouldRetry: Bool? = nil, afterMilliseconds: Int? = nil) {
        self.shouldRetry = shouldRetry
        self.afterMilliseconds = afterMilliseconds
    }

    /// Reads the wait from, in this order: `retry-after-ms` unless it is 0 (Azure rounds down), `Retry-After` (seconds
    /// or an HTTP date; RFC 9110, section 10.2.3), and for a 429 the reset of a limit with nothing remaining.
    /// - Parameter now: seconds since 1970.
    package init(_ head: HTTPHead, now: Int) {
        switch head["x-should-retry"]?.lowercased() {
        case "true": shouldRetry = true
        case "false": shouldRetry = false
        default: break
        }
        if let text = head["retry-after-ms"], let milliseconds = Double(text).flatMap(Durations.rounded),
            milliseconds > 0
        {
            afterMilliseconds = milliseconds
        } else if let text = head["retry-after"] {
            afterMilliseconds = Durations.milliseconds(text)
            if afterMilliseconds == nil, let date = HTTPDate.seconds(text) {
                afterMilliseconds = Durations.rounded(Double(max(0, date - now)) * 1000)
            }
        }
        guard head.status == 429 else { return }
        let windows = RateLimits(head, now: now).windows
        if afterMilliseconds == nil {
            afterMilliseconds = windows.filter { $0.remaining == 0 }.compactMap(\.resetMilliseconds).max()
        }
        // Mistral reports a limit of 0 requests per minute for a key without any allowance.
        if shouldRetry == nil, windows.contains(where: { $0.name == "req-minute" && $0.limit == 0 }) {
            shouldRetry = false
        }
    }
}
