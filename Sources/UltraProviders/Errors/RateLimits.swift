package import UltraAPI

/// How much of an upstream's limits is left, as its header fields say on any reply.
package struct RateLimits: Sendable, Equatable {
    /// One limit: requests or tokens over some time.
    package struct Window: Sendable, Equatable {
        /// What the provider calls it: `requests`, `input-tokens`, `req-minute`; empty when it has no name.
        package var name: String
        package var limit: Int?
        package var remaining: Int?
        /// Until it is full again.
        package var resetMilliseconds: Int?
    }

    /// In the order of the header fields.
    package private(set) var windows: [Window] = []

    /// Reads `x-ratelimit-limit-requests`, `anthropic-ratelimit-tokens-remaining`, `ratelimit-reset` and their like.
    /// Fields it does not understand are left out.
    /// - Parameter now: seconds since 1970; a reset may be a point in time.
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

    /// A duration, an RFC 3339 time, or seconds or milliseconds since 1970.
    private static func reset(_ text: String, now: Int) -> Int? {
        if let date = HTTPDate.rfc3339Seconds(text) { return Durations.rounded(Double(max(0, date - now)) * 1000) }
        if let number = Double(text), number > 1e9 {
            let seconds = number > 1e11 ? number / 1000 : number
            return Durations.rounded(max(0, seconds - Double(now)) * 1000)
        }
        return Durations.milliseconds(text)
    }
}
