/// What was seen of one key of a provider. Times are milliseconds since 1970.
struct KeyHealth: Sendable, Equatable {
    var authorised = Evidence()
    /// It may be used again from then on.
    private(set) var restsUntil: Int?

    /// When a probe used it last.
    private(set) var probedAt: Int?

    /// How long a key rests whose quota ran out and whose provider does not say for how long.
    static let quotaRestMilliseconds = 300_000

    /// After so long without a second look a refusal may be wrong. Probes look more often.
    static let refusalMilliseconds = 600_000

    mutating func accepted(at now: Int, by source: Evidence.Source) {
        authorised = Evidence(true, at: now, by: source)
    }

    mutating func refused(at now: Int, by source: Evidence.Source) {
        authorised = Evidence(false, at: now, by: source)
    }

    mutating func probed(at now: Int) {
        probedAt = now
    }

    mutating func rest(until: Int) {
        restsUntil = max(restsUntil ?? 0, until)
    }

    var isRefused: Bool { authorised.holds == false }

    func isRefusalOld(at now: Int) -> Bool {
        authorised.isOld(after: Self.refusalMilliseconds, at: now)
    }

    func isReady(at now: Int) -> Bool {
        (!isRefused || isRefusalOld(at: now)) && restsUntil ?? 0 <= now
    }
}
