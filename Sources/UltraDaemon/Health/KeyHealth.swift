/// The state of one key of a provider. Times are milliseconds of `WallClock`.
struct KeyHealth: Sendable, Equatable {
    /// Evidence that the provider accepts the key.
    var authorised = Evidence()
    /// The cool-down for all models; nil: none. It may have ended.
    private(set) var coolDown: CoolDown?
    /// True if a live request was accepted with this key since one was last rejected. Not saved to disk.
    private(set) var worksForRequests = false
    /// When a probe last used the key; nil: no probe has.
    private(set) var probedAt: Int?

    /// The cool-down of a key with an exhausted quota if the provider names no time.
    static let quotaCoolDownMilliseconds = 300_000

    /// A rejected key is tried again after this time, unless a probe has tried it sooner.
    static let refusalMilliseconds = 600_000

    mutating func accepted(at now: Int, by source: Evidence.Source) {
        authorised = Evidence(true, at: now, by: source)
        if source == .live { worksForRequests = true }
    }

    /// Records that the provider rejected the key. A live rejection outranks a probe's, because the probe only requested
    /// the list of models.
    mutating func refused(at now: Int, by source: Evidence.Source) {
        authorised = Evidence(false, at: now, by: isRefusedToRequests ? .live : source)
        if source == .live { worksForRequests = false }
    }

    mutating func probed(at now: Int) {
        probedAt = now
    }

    mutating func start(_ new: CoolDown) {
        coolDown = coolDown?.extended(by: new) ?? new
    }

    /// A live request or a probe succeeded with this key.
    mutating func succeeded(askedAt: Int?) {
        if coolDown?.isEnded(bySuccessAskedAt: askedAt) == true { coolDown = nil }
    }

    mutating func endCoolDown() {
        coolDown = nil
    }

    mutating func beginTrial(at now: Int) {
        if coolDown?.allowsTrial(at: now) == true { coolDown?.beginTrial(at: now) }
    }

    var isRefused: Bool { authorised.holds == false }

    /// True if a live request was rejected, not only a probe.
    var isRefusedToRequests: Bool { isRefused && authorised.source == .live }

    func isRefusalOld(at now: Int) -> Bool {
        authorised.isOld(after: Self.refusalMilliseconds, at: now)
    }

    func isReady(at now: Int) -> Bool {
        (!isRefused || isRefusalOld(at: now)) && coolDown?.holds(at: now) != true
    }

    /// True if a live request may test the key: only a probe was rejected, or the cool-down is due for a trial.
    func allowsTrial(at now: Int) -> Bool {
        guard !isRefusedToRequests || isRefusalOld(at: now) else { return false }
        guard let coolDown, coolDown.holds(at: now) else { return true }
        return coolDown.allowsTrial(at: now)
    }
}

extension ProviderHealth {
    /// The health of a provider after a reload changed its keys: the host's state stays, new keys start unknown.
    /// - Parameter origins: for each key, its index in `old`; nil: the key is new.
    init(succeeding old: ProviderHealth, keys origins: [Int?]) {
        self.init(keys: origins.count)
        reachable = old.reachable
        breaker = old.breaker
        lastFailure = old.lastFailure
        hasWorked = old.hasWorked
        for (index, origin) in origins.enumerated() {
            if let origin, old.keys.indices.contains(origin) { keys[index] = old.keys[origin] }
        }
    }
}

extension ModelHealth {
    /// Renumbers the state per key after a reload changed the provider's keys.
    /// - Parameter origins: for each key, its earlier index; nil: the key is new.
    mutating func moveKeys(_ origins: [Int?]) {
        let old = coolDowns
        coolDowns = [:]
        for (index, origin) in origins.enumerated() {
            if let origin, let coolDown = old[origin] { coolDowns[index] = coolDown }
        }
        // A new key may be permitted to use this model.
        if origins.contains(nil) { authorised = Evidence() }
        suspicions.clear()
    }
}
