internal import UltraAPI

/// The state of one model. Pure; times are milliseconds of `WallClock`.
struct ModelHealth: Sendable, Equatable {
    /// Evidence that the provider lists the model.
    var listed = Evidence()
    /// Evidence that the model completes requests.
    var generated = Evidence()
    /// Evidence that the provider's keys are permitted to use this model.
    var authorised = Evidence()
    var breaker = Breaker()
    var latency = Latency()
    /// True if its server reports that the model is being loaded.
    var isLoading = false
    var lastFailure: Failure?
    /// Cool-downs for this model alone, by the index of the key.
    var coolDowns: [Int: CoolDown] = [:]
    /// Set when the provider reports that it has no such model.
    var notFound: NotFoundPause?
    /// The time of the first list without the model; nil: the last list contained it.
    private(set) var absentSince: Int?
    /// Failures of single requests that no other request has confirmed.
    var suspicions = Suspicions()

    /// A model is missing when two lists at least this far apart lack it.
    static let absenceMilliseconds = 30_000

    /// A model is degraded for this time after a failure that no success followed.
    static let degradedMilliseconds = 300_000
    /// The cool-down of a key that is not permitted to use this model. It is short because permissions change without
    /// notice.
    static let forbiddenCoolDownMilliseconds = 300_000

    /// Records the outcome of a request or of a deep probe.
    /// - Parameters:
    ///   - error: nil: success.
    ///   - failure: becomes `lastFailure`; nil: `lastFailure` stays.
    ///   - key: the index of the key that the request used.
    ///   - askedAt: the time at which the breaker admitted the request; nil: the breaker was not asked.
    mutating func record(
        _ scope: FailureScope, _ error: UltraError?, keeping failure: Failure? = nil, key: Int, askedAt: Int? = nil,
        at now: Int, by source: Evidence.Source = .live, _ settings: HealthSettings
    ) {
        switch scope {
        case .none:
            if coolDowns[key]?.isEnded(bySuccessAskedAt: askedAt) == true { coolDowns[key] = nil }
            notFound = nil
            suspicions.clear()
            generated = Evidence(true, at: now, by: source)
            authorised = Evidence(true, at: now, by: source)
            if listed.holds != true { listed = Evidence(true, at: now, by: source) }
            breaker.succeeded(at: now, settings)
            isLoading = false
            return
        case .client:
            return breaker.abandoned(askedAt: askedAt)
        case .host, .absentServer, .key, .quota:
            breaker.abandoned(askedAt: askedAt)
        case .keyForModel:
            authorised = Evidence(false, at: now, by: source)
            coolDowns[key] = CoolDown(
                .permission, since: now, until: now + Self.forbiddenCoolDownMilliseconds, isRequested: false)
            breaker.abandoned(askedAt: askedAt)
        case .rate(let milliseconds):
            if let milliseconds { coolDowns[key] = CoolDown(.rate, since: now, requested: milliseconds, settings) }
            breaker.abandoned(askedAt: askedAt)
        case .missingModel:
            notFound = NotFoundPause(at: now, after: notFound)
            breaker.abandoned(askedAt: askedAt)
        case .model:
            generated = Evidence(false, at: now, by: source)
            isLoading = error?.code == .overloaded && error?.message.contains("oading") == true
            breaker.failed(at: now, askedAt: askedAt, settings)
        }
        if let failure { lastFailure = failure }
    }

    /// True if the key at index `key` is in a cool-down for this model.
    func isCoolingDown(_ key: Int, at now: Int) -> Bool {
        coolDowns[key]?.holds(at: now) ?? false
    }

    // MARK: - Lists

    /// Records that the provider's list contains the model.
    mutating func found(at now: Int) {
        absentSince = nil
        notFound = nil
        listed = Evidence(true, at: now, by: .probe)
    }

    /// Records that the provider's list lacks the model. A single list may be incomplete, so a second one must lack the
    /// model too.
    /// - Returns: true if the model now counts as missing.
    mutating func missing(at now: Int) -> Bool {
        let since = absentSince ?? now
        absentSince = since
        guard now - since >= Self.absenceMilliseconds else { return false }
        listed = Evidence(false, at: now, by: .probe)
        return true
    }

    /// True if the last list contained the model and the provider has not denied it since.
    var isCertainlyListed: Bool { listed.holds == true && absentSince == nil && notFound == nil }

    /// The free probe succeeded: ends the cool-downs that the daemon chose itself.
    mutating func probeSucceeded() {
        guard !coolDowns.isEmpty || authorised.holds == false else { return }
        coolDowns = coolDowns.filter { $0.value.isRequested }
        if authorised.holds == false { authorised = Evidence() }
    }

    /// Ends every cool-down and pause, after a probe that a client requested has succeeded.
    mutating func endWaits(at now: Int) {
        coolDowns = [:]
        if authorised.holds == false { authorised = Evidence() }
        notFound?.end(at: now)
        breaker.endPause(at: now)
    }

    /// The time at which the model's next cool-down or pause ends; nil: it has none.
    func waitEnd(at now: Int) -> Int? {
        guard !coolDowns.isEmpty || notFound != nil || breaker.openUntil != nil else { return nil }
        let ends = coolDowns.values.map(\.until) + [notFound?.until, breaker.openUntil].compactMap { $0 }
        return ends.filter { $0 > now }.min()
    }

    /// Discards the state per key, because the provider's keys are different ones.
    mutating func forgetKeys() {
        coolDowns = [:]
        authorised = Evidence()
    }

    /// True if the provider's lists lack the model. A request may still name it as `provider/model`, since lists can be
    /// incomplete.
    var isMissing: Bool { listed.holds == false }

    /// True if the provider reported recently that the model does not exist.
    func isNotFound(at now: Int) -> Bool { notFound?.holds(at: now) ?? false }

    /// True if the breaker is half-open, or the last request failed recently.
    func isDegraded(at now: Int) -> Bool {
        breaker.openUntil != nil
            || breaker.consecutiveFailures > 0
                && lastFailure.map { now - $0.at < Self.degradedMilliseconds } ?? false
    }
}

/// A model's time to first token, in milliseconds: the recent samples and their exponentially weighted mean.
struct Latency: Sendable, Equatable {
    /// Samples kept for the percentiles.
    static let sampleLimit = 64
    /// The weight of the newest sample in the mean.
    static let newestShare = 0.4

    /// A ring buffer; `next` is the position of the oldest sample once it is full.
    private var samples: [Float] = []
    private var next = 0
    /// Milliseconds; nil: no sample yet.
    private(set) var mean: Double?

    mutating func record(_ milliseconds: Double) {
        mean = mean.map { $0 + (milliseconds - $0) * Self.newestShare } ?? milliseconds
        if samples.count < Self.sampleLimit {
            samples.append(Float(milliseconds))
        } else {
            samples[next] = Float(milliseconds)
            next = (next + 1) % Self.sampleLimit
        }
    }

    /// The percentile by nearest rank, in milliseconds; nil: no sample yet.
    /// - Parameter share: 0 to 1, for example 0.95.
    func percentile(_ share: Double) -> Double? {
        guard !samples.isEmpty else { return nil }
        let rank = (Double(samples.count) * min(max(share, 0), 1)).rounded(.up)
        return Double(samples.sorted()[max(0, Int(rank) - 1)])
    }
}
