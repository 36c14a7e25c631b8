/// What was seen of one key of a provider. Times are milliseconds of `WallClock`.
struct KeyHealth: Sendable, Equatable {
    var authorised = Evidence()
    /// It is not used meanwhile, for no model.
    private(set) var rest: Rest?
    /// A request has succeeded with it since it was refused last. In memory only.
    private(set) var worksForRequests = false

    /// When a probe used it last.
    private(set) var probedAt: Int?

    /// How long a key rests whose quota ran out and whose provider does not say for how long.
    static let quotaRestMilliseconds = 300_000

    /// After so long without a second look a refusal may be wrong. Probes look more often.
    static let refusalMilliseconds = 600_000

    mutating func accepted(at now: Int, by source: Evidence.Source) {
        authorised = Evidence(true, at: now, by: source)
        if source == .live { worksForRequests = true }
    }

    /// A probe sees the refusal of a list alone: what a request was told weighs more.
    mutating func refused(at now: Int, by source: Evidence.Source) {
        authorised = Evidence(false, at: now, by: isRefusedToRequests ? .live : source)
        if source == .live { worksForRequests = false }
    }

    mutating func probed(at now: Int) {
        probedAt = now
    }

    mutating func rest(_ new: Rest) {
        rest = rest?.extended(by: new) ?? new
    }

    /// A request, or a probe, succeeded with it.
    mutating func succeeded(askedAt: Int?) {
        if rest?.isEnded(bySuccessAskedAt: askedAt) == true { rest = nil }
    }

    mutating func endRest() {
        rest = nil
    }

    mutating func takeTrial(at now: Int) {
        if rest?.allowsTrial(at: now) == true { rest?.takeTrial(at: now) }
    }

    var isRefused: Bool { authorised.holds == false }

    /// Not only a list was refused to it.
    var isRefusedToRequests: Bool { isRefused && authorised.source == .live }

    func isRefusalOld(at now: Int) -> Bool {
        authorised.isOld(after: Self.refusalMilliseconds, at: now)
    }

    func isReady(at now: Int) -> Bool {
        (!isRefused || isRefusalOld(at: now)) && rest?.holds(at: now) != true
    }

    /// A request may find out: the refusal may be of the list alone, and a long rest may be over.
    func allowsTrial(at now: Int) -> Bool {
        guard !isRefusedToRequests || isRefusalOld(at: now) else { return false }
        guard let rest, rest.holds(at: now) else { return true }
        return rest.allowsTrial(at: now)
    }
}
