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

/// The state of a provider's rate limits, from the header fields of any reply.
package struct RateLimits: Sendable, Equatable {
    /// One limit: a number of requests or tokens per unit of time.
    package struct Window: Sendable, Equatable {
        /// The provider's name for it, such as `requests`, `input-tokens` or `req-minute`; empty if it has none.
        package var name: String
        /// The maximum per period; nil if the reply does not state it.
        package var limit: Int?
        /// The number left in the current period; nil if the reply does not state it.
        package var remaining: Int?
        /// The time until the limit is fully available again.
        package var resetMilliseconds: Int?
    }

    /// In the order of the header fields.
    package private(set) var windows: [Window] = []

    /// Parses `x-ratelimit-limit-requests`, `anthropic-ratelimit-tokens-remaining`, `ratelimit-reset` and similar
    /// fields. Unknown fields are ignored.
    /// - Parameter now: seconds since 1970, to convert a reset that is given as a point in time.
    package init(_ head: HTTPHead, now: Int) {
        for header in head.headers where header.name.contains("ratelimit") {
            var words = header.name.split(separator: "-").drop { !$0.hasPrefix("ratelimit") }.dropFirst()
            guard let at = words.firstIndex(where: { $0 == "limit" || $0 == "remaining" || $0 == "reset" })
            else { continue }
            let figure = words.remove(at: at)
            let index = index(of: words.joined(separator: "-"))
            switch figure {
            case "limit": windows[index].limit = Int(header.value)
            case "remaining": windows[index].remaining = Int(header.value)
            default: windows[index].resetMilliseconds = Self.reset(header.value, now: now)
            }
        }
    }

    private mutating func index(of name: String) -> Int {
        if let known = windows.firstIndex(where: { $0.name == name }) { return known }
        windows.append(Window(name: name))
        return windows.count - 1
    }

    /// Converts a duration, an RFC 3339 time, or a Unix time in seconds or milliseconds to milliseconds from now.
    private static func reset(_ text: String, now: Int) -> Int? {
        if let date = HTTPDate.rfc3339Seconds(text) { return Durations.rounded(Double(max(0, date - now)) * 1000) }
        if let number = Double(text), number > 1e9 {
            let seconds = number > 1e11 ? number / 1000 : number
            return Durations.rounded(max(0, seconds - Double(now)) * 1000)
        }
        return Durations.milliseconds(text)
    }
}

/// Durations as HTTP header fields and error bodies write them.
package enum Durations {
    /// Parses a sequence of numbers with units (`6m0s`, `7.66s`, `20ms`, `1h2m3s`; the format of Go's `time.Duration`)
    /// or plain seconds (`12`, `0.5`).
    /// - Returns: milliseconds, rounded up; nil if the text is not a duration, is negative or longer than 366 days.
    package static func milliseconds(_ text: String) -> Int? {
        if let seconds = Double(text) { return rounded(seconds * 1000) }
        var total = 0.0
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest[digits.endIndex...]
            let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            rest = rest[unit.endIndex...]
            guard let number = Double(digits), let scale = scale(of: unit) else { return nil }
            total += number * scale
        }
        return rounded(total)
    }

    /// Rounds milliseconds up to a whole number; nil if negative or longer than 366 days.
    static func rounded(_ milliseconds: Double) -> Int? {
        let longest = 366.0 * 86_400_000
        return (0...longest).contains(milliseconds) ? Int(milliseconds.rounded(.up)) : nil
    }

    private static func scale(of unit: Substring) -> Double? {
        switch unit {
        case "d": 86_400_000
        case "h": 3_600_000
        case "m": 60_000
        case "s": 1000
        case "ms": 1
        case "us", "µs", "μs": 0.001
        case "ns": 0.000_001
        default: nil
        }
    }
}
