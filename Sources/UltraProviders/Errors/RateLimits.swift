package import UltraAPI

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
