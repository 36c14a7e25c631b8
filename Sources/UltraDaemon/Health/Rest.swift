/// A time in which a key is not used: for one model, or for all. Pure; times are milliseconds of one steady clock.
struct Rest: Sendable, Equatable {
    enum Reason: String, Sendable {
        /// Too many requests.
        case rate
        /// The allowance or the money is used up.
        case quota
        /// The key may not use the model.
        case permission
    }

    var reason: Reason
    var since: Int
    var until: Int
    /// The provider named the time. Otherwise it is a guess of ours, which any success ends.
    var isAsked: Bool
    /// From then on one request may find out whether the rest is still needed.
    private(set) var trialAt: Int

    /// A long wait is looked into so often.
    static let trialMilliseconds = 300_000

    init(_ reason: Reason, since: Int, until: Int, isAsked: Bool) {
        self.reason = reason
        self.since = since
        self.until = until
        self.isAsked = isAsked
        trialAt = since + Self.trialMilliseconds
    }

    /// What the provider asked for, as far as it is obeyed.
    init(_ reason: Reason, since: Int, asked milliseconds: Int, _ settings: HealthSettings) {
        let longest = settings.maxRest.wholeMilliseconds
        self.init(reason, since: since, until: since + min(max(0, milliseconds), longest), isAsked: true)
    }

    func holds(at now: Int) -> Bool { until > now }

    func allowsTrial(at now: Int) -> Bool { holds(at: now) && trialAt <= now }

    mutating func takeTrial(at now: Int) {
        trialAt = now + Self.trialMilliseconds
    }

    /// Whether a success ends it. A success that was on its way when the provider asked to wait does not.
    /// - Parameter askedAt: when the request was sent; nil: nobody knows.
    func isEnded(bySuccessAskedAt askedAt: Int?) -> Bool {
        !isAsked || askedAt.map { $0 > since } ?? false
    }

    /// The longer of two rests that overlap.
    func extended(by other: Rest) -> Rest {
        other.until >= until ? other : self
    }
}

/// The provider itself says that it has no such model. The name is refused for a minute, then tried again; each further
/// refusal doubles the time.
struct Gone: Sendable, Equatable {
    static let firstMilliseconds = 60_000
    static let longestMilliseconds = 600_000

    private(set) var until: Int
    private(set) var milliseconds: Int

    init(at now: Int, after earlier: Gone?) {
        milliseconds = earlier.map { min($0.milliseconds * 2, Self.longestMilliseconds) } ?? Self.firstMilliseconds
        until = now + milliseconds
    }

    func holds(at now: Int) -> Bool { until > now }

    mutating func end(at now: Int) {
        until = min(until, now)
    }
}
