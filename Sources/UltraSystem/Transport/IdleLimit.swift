/// How long a host keeps an idle connection open, as it announced or as was observed. Pure. Times are milliseconds of
/// one steady clock.
package struct IdleLimit: Sendable, Equatable {
    /// From `Keep-Alive: timeout`, in milliseconds.
    private var announced: Int?
    /// The shortest idle time after which it closed a connection, and when that was.
    private var seen: (milliseconds: Int, at: Int)?

    /// How long an observation is valid. The host may have been restarting just then, and once connections are reused
    /// before they reach that age, the observation cannot be repeated.
    static let beliefMilliseconds = 3_600_000
    /// A host that closes sooner has no keep-alive; ignore it.
    package static let shortestMilliseconds = 1500

    package init() {}

    /// The host announced a limit.
    package mutating func announces(seconds: Int) {
        announced = min(max(0, seconds), 86_400) * 1000
    }

    /// The host closed a connection that was idle for `milliseconds`.
    package mutating func closed(afterIdle milliseconds: Int, at now: Int) {
        guard milliseconds >= Self.shortestMilliseconds else { return }
        seen = (min(milliseconds, self.milliseconds(at: now) ?? .max), now)
    }

    /// The host's limit in milliseconds; nil if unknown.
    package func milliseconds(at now: Int) -> Int? {
        [announced, seen.flatMap { now - $0.at < Self.beliefMilliseconds ? $0.milliseconds : nil }]
            .compactMap { $0 }.min()
    }

    /// The value for `CURLOPT_MAXAGE_CONN`, in seconds. libcurl reuses a connection until it is a second older, so this
    /// leaves a tenth of the host's limit, and at least half a second, for the request to arrive.
    /// - Parameter longest: An upper bound in milliseconds, whatever the host allows.
    package func maxAgeSeconds(at now: Int, longest: Int) -> Int {
        guard let limit = milliseconds(at: now), limit < longest else { return longest / 1000 }
        return max(0, (limit - max(500, limit / 10)) / 1000 - 1)
    }

    package static func == (a: IdleLimit, b: IdleLimit) -> Bool {
        a.announced == b.announced && a.seen?.milliseconds == b.seen?.milliseconds && a.seen?.at == b.seen?.at
    }
}
