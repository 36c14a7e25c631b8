internal import UltraAPI

/// What was seen of a provider's host and of its keys. Pure; times are milliseconds since 1970 of one steady clock.
struct ProviderHealth: Sendable, Equatable {
    var reachable = Evidence()
    var breaker = Breaker()
    /// One for each key, or a single one for a provider that needs none.
    var keys: [KeyHealth]
    var lastFailure: ModelHealth.Failure?
    private var nextKey = 0

    /// Live connections in a row that must fail before the host counts as one that is not reached: a single one is
    /// reset for many reasons, and is no more than a failure of its request.
    static let failuresToDoubt = 2

    init(keys: Int) {
        self.keys = Array(repeating: KeyHealth(), count: max(1, keys))
    }

    /// - Parameter askedAt: when the breaker let the request pass; nil: it was not asked.
    mutating func record(
        _ blame: Blame, _ error: UltraError?, key: Int, askedAt: Int? = nil, at now: Int, by source: Evidence.Source,
        _ settings: HealthSettings
    ) {
        if source == .probe { keys[key].probed(at: now) }
        switch blame {
        case .none:
            reachable = Evidence(true, at: now, by: source)
            breaker.succeeded(at: now, settings)
            keys[key].accepted(at: now, by: source)
            return
        case .client(let isReachable):
            if isReachable { answered(at: now, by: source, settings) } else { breaker.gaveUp(askedAt: askedAt) }
            return
        case .host:
            breaker.failed(at: now, askedAt: askedAt, settings)
            switch source {
            case .probe: reachable = Evidence(false, at: now, by: .probe)
            case .live where isProvenUnreachable: break
            case .live where breaker.consecutiveFailures < Self.failuresToDoubt: break
            case .live: reachable = Evidence(false, at: now, by: .live)
            }
        case .key:
            answered(at: now, by: source, settings)
            keys[key].refused(at: now, by: source)
        case .quota(let milliseconds):
            answered(at: now, by: source, settings)
            keys[key].rest(until: now + (milliseconds ?? KeyHealth.quotaRestMilliseconds))
        case .keyForModel, .rate, .missingModel:
            answered(at: now, by: source, settings)
            keys[key].accepted(at: now, by: source)
        case .model:
            if error?.status != nil {
                answered(at: now, by: source, settings)
            } else {
                breaker.gaveUp(askedAt: askedAt)
            }
        }
        if let error { lastFailure = ModelHealth.Failure(code: error.code, message: error.message, at: now) }
    }

    private mutating func answered(at now: Int, by source: Evidence.Source, _ settings: HealthSettings) {
        reachable = Evidence(true, at: now, by: source)
        breaker.succeeded(at: now, settings)
    }

    /// The key whose turn it is among those that may be used on `model` now; nil: none may.
    mutating func takeKey(for model: ModelHealth?, at now: Int) -> Int? {
        for offset in 0..<keys.count {
            let index = (nextKey + offset) % keys.count
            guard isReady(index, for: model, at: now) else { continue }
            nextKey = (index + 1) % keys.count
            return index
        }
        return nil
    }

    /// Whether key `index` may be used on `model` now.
    func isReady(_ index: Int, for model: ModelHealth?, at now: Int) -> Bool {
        keys[index].isReady(at: now) && model?.rests(index, at: now) != true
    }

    /// The keys a probe uses until one is accepted: one that is refused, to see whether it still is, and one that is
    /// not; of each kind the one not probed for longest.
    var keysToProbe: [Int] {
        let order = keys.indices.sorted { (keys[$0].probedAt ?? 0) < (keys[$1].probedAt ?? 0) }
        return [order.first { keys[$0].isRefused }, order.first { !keys[$0].isRefused }].compactMap { $0 }
    }

    /// Key or model were refused so long ago that asking may be worth it.
    func isRefusalOld(of model: ModelHealth, at now: Int) -> Bool {
        areAllKeysRefused
            ? keys.contains { $0.isRefusalOld(at: now) }
            : model.authorised.isOld(after: KeyHealth.refusalMilliseconds, at: now)
    }

    /// The strongest that is known of any key.
    var authorised: Evidence {
        keys.first { $0.authorised.holds == true }?.authorised ?? keys.first { $0.authorised.holds == nil }?.authorised
            ?? keys[0].authorised
    }

    var areAllKeysRefused: Bool { keys.allSatisfy(\.isRefused) }

    /// When the first key may be used on `model` again; nil: one may be used now, or none ever.
    func restEnd(for model: ModelHealth?, at now: Int) -> Int? {
        var soonest: Int?
        for (index, key) in keys.enumerated() where !key.isRefused {
            let until = max(key.restsUntil ?? 0, model?.rests[index] ?? 0)
            if until <= now { return nil }
            soonest = min(soonest ?? until, until)
        }
        return soonest
    }

    /// A probe, which is there to find out, did not get through, and nothing has since.
    private var isProvenUnreachable: Bool { reachable.holds == false && reachable.source == .probe }

    /// Of the provider as a whole. What live traffic met makes it degraded; that nothing should be sent there takes a
    /// probe or the breaker.
    func availability(at now: Int, _ settings: HealthSettings) -> Availability {
        if areAllKeysRefused { return .unauthorized }
        if case .refused = breaker.look(at: now, settings) { return .unavailable }
        if isProvenUnreachable { return .unavailable }
        if restEnd(for: nil, at: now) != nil { return .rateLimited }
        switch reachable.holds {
        case true?: return .available
        case false?: return .degraded
        case nil: return .unknown
        }
    }

    /// Of one of its models: the provider's, unless the model is worse off.
    func availability(of model: ModelHealth, at now: Int, _ settings: HealthSettings) -> Availability {
        let host = availability(at: now, settings)
        switch host {
        case .unauthorized, .unavailable, .rateLimited: return host
        default: break
        }
        if model.isMissing(at: now, settings) { return .unavailable }
        if restEnd(for: model, at: now) != nil { return model.authorised.holds == false ? .unauthorized : .rateLimited }
        if model.isLoading { return .loading }
        if case .refused = model.breaker.look(at: now, settings) { return .unavailable }
        if model.isDegraded(at: now) { return .degraded }
        return host
    }
}
