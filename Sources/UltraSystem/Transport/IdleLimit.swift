/// How long a host leaves an idle connection open, as it says and as was seen. Pure; times are milliseconds of one
/// steady clock.
package struct IdleLimit: Sendable, Equatable {
    /// `Keep-Alive: timeout` of a reply.
    private var announced: Int?
    /// After so long it closed one.
    private var seen: (milliseconds: Int, at: Int)?

    /// A close that was seen is believed for an hour. The host may have been restarted just then, and while connections
    /// are used before they get that old it cannot be seen again.
    static let beliefMilliseconds = 3_600_000
    /// Who closes sooner has no limit, but does not keep connections at all.
    package static let shortestMilliseconds = 1500

    package init() {}

    package mutating func announces(seconds: Int) {
        announced = min(max(0, seconds), 86_400) * 1000
    }

    /// A connection that was idle for `milliseconds` was closed by the host.
    package mutating func closed(afterIdle milliseconds: Int, at now: Int) {
        guard milliseconds >= Self.shortestMilliseconds else { return }
        seen = (min(milliseconds, self.milliseconds(at: now) ?? .max), now)
    }

    /// nil: nobody knows.
    package func milliseconds(at now: Int) -> Int? {
        [announced, seen.flatMap { now - $0.at < Self.beliefMilliseconds ? $0.milliseconds : nil }]
            .compactMap { $0 }.min()
    }

    /// What `CURLOPT_MAXAGE_CONN` is to be: a connection idle for a second more is not used again, which leaves a tenth
    /// of the host's own limit, and at least half a second, for the way there.
    /// - Parameter longest: milliseconds, whatever the host allows.
    package func maxAgeSeconds(at now: Int, longest: Int) -> Int {
        guard let limit = milliseconds(at: now), limit < longest else { return longest / 1000 }
        return max(0, (limit - max(500, limit / 10)) / 1000 - 1)
    }

    package static func == (a: IdleLimit, b: IdleLimit) -> Bool {
        a.announced == b.announced && a.seen?.milliseconds == b.seen?.milliseconds && a.seen?.at == b.seen?.at
    }
}
