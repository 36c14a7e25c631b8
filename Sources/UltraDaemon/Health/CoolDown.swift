/// A period in which a key is not used, for one model or for all. Pure; times are milliseconds of one steady clock.
struct CoolDown: Sendable, Equatable {
    enum Reason: String, Sendable {
        /// The rate limit is reached.
        case rate
        /// The quota or the credit is exhausted.
        case quota
        /// The key is not permitted to use the model.
        case permission
    }

    var reason: Reason
    var since: Int
    var until: Int
    /// True if the provider named the period. Otherwise the daemon chose it, and any success ends it.
    var isRequested: Bool
    /// The time from which one request may test whether the cool-down is still needed.
    private(set) var trialAt: Int

    /// The interval between trials in a long cool-down.
    static let trialMilliseconds = 300_000

    init(_ reason: Reason, since: Int, until: Int, isRequested: Bool) {
        self.reason = reason
        self.since = since
        self.until = until
        self.isRequested = isRequested
        trialAt = since + Self.trialMilliseconds
    }

    /// The cool-down that a provider asked for, capped at `settings.maxRest`.
    init(_ reason: Reason, since: Int, requested milliseconds: Int, _ settings: HealthSettings) {
        let longest = settings.maxRest.wholeMilliseconds
        self.init(reason, since: since, until: since + min(max(0, milliseconds), longest), isRequested: true)
    }

    func holds(at now: Int) -> Bool { until > now }

    func allowsTrial(at now: Int) -> Bool { holds(at: now) && trialAt <= now }

    mutating func beginTrial(at now: Int) {
        trialAt = now + Self.trialMilliseconds
    }

    /// True if a success ends the cool-down. A success already in flight when the provider asked to wait does not.
    /// - Parameter askedAt: when the request was sent; nil: unknown.
    func isEnded(bySuccessAskedAt askedAt: Int?) -> Bool {
        !isRequested || askedAt.map { $0 > since } ?? false
    }

    /// Returns whichever of the two ends later.
    func extended(by other: CoolDown) -> CoolDown {
        other.until >= until ? other : self
    }
}

/// The period in which a model is refused because the provider reported that it does not exist. Each further report
/// doubles the period, from one minute up to ten.
struct NotFoundPause: Sendable, Equatable {
    static let firstMilliseconds = 60_000
    static let longestMilliseconds = 600_000

    private(set) var until: Int
    private(set) var milliseconds: Int

    init(at now: Int, after earlier: NotFoundPause?) {
        milliseconds = earlier.map { min($0.milliseconds * 2, Self.longestMilliseconds) } ?? Self.firstMilliseconds
        until = now + milliseconds
    }

    func holds(at now: Int) -> Bool { until > now }

    mutating func end(at now: Int) {
        until = min(until, now)
    }
}
