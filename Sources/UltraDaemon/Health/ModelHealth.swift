internal import UltraAPI

/// What was seen of one model. Pure; times are milliseconds of `WallClock`.
struct ModelHealth: Sendable, Equatable {
    var listed = Evidence()
    var generated = Evidence()
    /// The key may not use this model although it is valid.
    var authorised = Evidence()
    var breaker = Breaker()
    var latency = Latency()
    /// Its server says that it is being loaded.
    var isLoading = false
    var lastFailure: Failure?
    /// Keys, by their number, that are not used for it meanwhile.
    var rests: [Int: Rest] = [:]
    /// The provider said that it has no such model.
    var gone: Gone?
    /// Since when the provider's lists have lacked it; nil: the last one had it.
    private(set) var absentSince: Int?
    /// What single requests met.
    var suspicions = Suspicions()

    /// Two lists must be so far apart for the second one to confirm what the first one lacks.
    static let absenceMilliseconds = 30_000

    /// How long one failure makes a model that works again look degraded.
    static let degradedMilliseconds = 300_000
    /// How long a key rests, for this model alone, that may not use it: permissions are given without our being told.
    static let forbiddenRestMilliseconds = 300_000

    /// - Parameters:
    ///   - failure: what is kept of the error; nil: nothing.
    ///   - askedAt: when the breaker let the request pass; nil: it was not asked.
    mutating func record(
        _ blame: Blame, _ error: UltraError?, keeping failure: Failure? = nil, key: Int, askedAt: Int? = nil,
        at now: Int, by source: Evidence.Source = .live, _ settings: HealthSettings
    ) {
        switch blame {
        case .none:
            if rests[key]?.isEnded(bySuccessAskedAt: askedAt) == true { rests[key] = nil }
            gone = nil
            suspicions.clear()
            generated = Evidence(true, at: now, by: source)
            authorised = Evidence(true, at: now, by: source)
            if listed.holds != true { listed = Evidence(true, at: now, by: source) }
            breaker.succeeded(at: now, settings)
            isLoading = false
            return
        case .client:
            return breaker.gaveUp(askedAt: askedAt)
        case .host, .absentServer, .key, .quota:
            breaker.gaveUp(askedAt: askedAt)
        case .keyForModel:
            authorised = Evidence(false, at: now, by: source)
            rests[key] = Rest(
                .permission, since: now, until: now + Self.forbiddenRestMilliseconds, isAsked: false)
            breaker.gaveUp(askedAt: askedAt)
        case .rate(let milliseconds):
            if let milliseconds { rests[key] = Rest(.rate, since: now, asked: milliseconds, settings) }
            breaker.gaveUp(askedAt: askedAt)
        case .missingModel:
            gone = Gone(at: now, after: gone)
            breaker.gaveUp(askedAt: askedAt)
        case .model:
            generated = Evidence(false, at: now, by: source)
            isLoading = error?.code == .overloaded && error?.message.contains("oading") == true
            breaker.failed(at: now, askedAt: askedAt, settings)
        }
        if let failure { lastFailure = failure }
    }

    func rests(_ key: Int, at now: Int) -> Bool {
        rests[key]?.holds(at: now) ?? false
    }

    // MARK: - Lists

    /// The provider's list has it.
    mutating func found(at now: Int) {
        absentSince = nil
        gone = nil
        listed = Evidence(true, at: now, by: .probe)
    }

    /// The provider's list does not have it. One list may be cut or wrong: a later one must confirm it.
    /// - Returns: whether it is now marked as missing.
    mutating func missing(at now: Int) -> Bool {
        let since = absentSince ?? now
        absentSince = since
        guard now - since >= Self.absenceMilliseconds else { return false }
        listed = Evidence(false, at: now, by: .probe)
        return true
    }

    /// A list has it, and none since lacks it.
    var isSurelyListed: Bool { listed.holds == true && absentSince == nil && gone == nil }

    /// The free probe succeeded: what was a guess of ours ends.
    mutating func probeSucceeded() {
        guard !rests.isEmpty || authorised.holds == false else { return }
        rests = rests.filter { $0.value.isAsked }
        if authorised.holds == false { authorised = Evidence() }
    }

    /// Somebody looked on purpose, and it works: no wait goes on.
    mutating func endWaits(at now: Int) {
        rests = [:]
        if authorised.holds == false { authorised = Evidence() }
        gone?.end(at: now)
        breaker.endPause(at: now)
    }

    /// When the last of its own waits ends; nil: it has none.
    func waitEnd(at now: Int) -> Int? {
        guard !rests.isEmpty || gone != nil || breaker.openUntil != nil else { return nil }
        let ends = rests.values.map(\.until) + [gone?.until, breaker.openUntil].compactMap { $0 }
        return ends.filter { $0 > now }.min()
    }

    /// What was seen of single keys holds no more: they are others.
    mutating func forgetKeys() {
        rests = [:]
        authorised = Evidence()
    }

    /// Its provider's lists lack it. That keeps no request away which names it in full: a list is a hint.
    var isMissing: Bool { listed.holds == false }

    /// Its provider said lately that it does not exist.
    func isGone(at now: Int) -> Bool { gone?.holds(at: now) ?? false }

    /// Failed lately, and not given up.
    func isDegraded(at now: Int) -> Bool {
        breaker.openUntil != nil
            || breaker.consecutiveFailures > 0
                && lastFailure.map { now - $0.at < Self.degradedMilliseconds } ?? false
    }
}
