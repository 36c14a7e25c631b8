internal import UltraAPI

/// What was seen of a provider's host and of its keys. Pure; times are milliseconds of `WallClock`.
struct ProviderHealth: Sendable, Equatable {
    var reachable = Evidence()
    var breaker = Breaker()
    /// One for each key, or a single one for a provider that needs none.
    var keys: [KeyHealth]
    var lastFailure: Failure?
    /// A request or a probe has succeeded, now or in an earlier run.
    var hasWorked = false
    /// The last probe was answered, and not as a probe should be.
    private var wasProbeAnsweredBadly = false
    /// The list is refused to a key with which requests succeed.
    private(set) var isListRefused = false
    private var nextKey = 0

    /// Live connections in a row that must fail before the host counts as one that is not reached: a single one is
    /// reset for many reasons, and is no more than a failure of its request.
    static let failuresToDoubt = 2

    init(keys: Int) {
        self.keys = Array(repeating: KeyHealth(), count: max(1, keys))
    }

    /// - Parameters:
    ///   - failure: what is kept of the error; nil: nothing.
    ///   - askedAt: when the breaker let the request pass; nil: it was not asked.
    mutating func record(
        _ blame: Blame, _ error: UltraError?, keeping failure: Failure? = nil, key: Int, askedAt: Int? = nil,
        at now: Int, by source: Evidence.Source, _ settings: HealthSettings
    ) {
        if source == .probe {
            keys[key].probed(at: now)
            wasProbeAnsweredBadly = blame == .model || blame == .client(isReachable: true)
        }
        switch blame {
        case .none:
            answered(at: now, by: source, settings)
            hasWorked = true
            keys[key].accepted(at: now, by: source)
            keys[key].succeeded(askedAt: askedAt)
            if source == .probe { isListRefused = false }
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
        case .absentServer:
            breaker.gaveUp(askedAt: askedAt)
            if source == .probe || !isProvenUnreachable { reachable = Evidence(false, at: now, by: source) }
        case .key, .keyForModel:
            answered(at: now, by: source, settings)
            if source == .probe {
                listRefused(key, at: now)
            } else if blame == .key {
                keys[key].refused(at: now, by: source)
            } else {
                keys[key].accepted(at: now, by: source)
            }
        case .quota(let milliseconds):
            answered(at: now, by: source, settings)
            keys[key].rest(
                milliseconds.map { Rest(.quota, since: now, asked: $0, settings) }
                    ?? Rest(.quota, since: now, until: now + KeyHealth.quotaRestMilliseconds, isAsked: false))
        case .rate, .missingModel:
            answered(at: now, by: source, settings)
            keys[key].accepted(at: now, by: source)
        case .model:
            if error?.status != nil {
                answered(at: now, by: source, settings)
            } else {
                breaker.gaveUp(askedAt: askedAt)
            }
        }
        if let failure { lastFailure = failure }
    }

    private mutating func answered(at now: Int, by source: Evidence.Source, _ settings: HealthSettings) {
        reachable = Evidence(true, at: now, by: source)
        breaker.succeeded(at: now, settings)
    }

    /// A key may be good for requests and not for the list.
    private mutating func listRefused(_ key: Int, at now: Int) {
        if keys[key].worksForRequests {
            isListRefused = true
        } else {
            keys[key].refused(at: now, by: .probe)
        }
    }

    /// Somebody looked on purpose, and it works: no wait goes on.
    mutating func endWaits(at now: Int) {
        for index in keys.indices { keys[index].endRest() }
        breaker.endPause(at: now)
    }

    // MARK: - Keys

    /// The key whose turn it is among those that may be used on `model` now; nil: none may. If all are refused or rest,
    /// it may be one with which a request finds out whether that is still so.
    mutating func takeKey(for model: inout ModelHealth, at now: Int) -> Int? {
        if let index = inTurn.first(where: { isReady($0, for: model, at: now) }) { return took(index) }
        guard let index = inTurn.first(where: { allowsTrial($0, for: model, at: now) }) else { return nil }
        keys[index].takeTrial(at: now)
        if model.rests[index]?.allowsTrial(at: now) == true { model.rests[index]?.takeTrial(at: now) }
        return took(index)
    }

    /// The key that shows whether the provider works, whatever is known of its keys.
    mutating func keyToProbe(at now: Int) -> Int {
        took(inTurn.first { keys[$0].isReady(at: now) } ?? keysToProbe.first ?? 0)
    }

    /// The keys by number, that whose turn it is first.
    private var inTurn: some Collection<Int> {
        let (count, first) = (keys.count, nextKey)
        return (0..<count).lazy.map { (first + $0) % count }
    }

    private mutating func took(_ index: Int) -> Int {
        nextKey = (index + 1) % keys.count
        return index
    }

    /// Whether key `index` may be used on `model` now.
    func isReady(_ index: Int, for model: ModelHealth?, at now: Int) -> Bool {
        keys[index].isReady(at: now) && model?.rests(index, at: now) != true
    }

    /// Whether a request may use key `index` on `model` to find out whether it still may not.
    private func allowsTrial(_ index: Int, for model: ModelHealth, at now: Int) -> Bool {
        guard keys[index].allowsTrial(at: now) else { return false }
        guard let rest = model.rests[index], rest.holds(at: now) else { return true }
        return rest.allowsTrial(at: now)
    }

    /// Whether a request may find out that `model` can be used after all.
    func allowsTrial(of model: ModelHealth, at now: Int) -> Bool {
        keys.indices.contains { allowsTrial($0, for: model, at: now) }
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

    /// The rest that ends first, after which a key may be used on `model` again; nil: one may be used now, or none ever.
    func rest(for model: ModelHealth?, at now: Int) -> Rest? {
        var soonest: Rest?
        for (index, key) in keys.enumerated() where !key.isRefused {
            let rests = [key.rest, model?.rests[index]].compactMap { $0 }.filter { $0.holds(at: now) }
            guard let longest = rests.max(by: { $0.until < $1.until }) else { return nil }
            if longest.until < soonest?.until ?? .max { soonest = longest }
        }
        return soonest
    }

    /// When the first key may be used on `model` again; nil: one may be used now, or none ever.
    func restEnd(for model: ModelHealth?, at now: Int) -> Int? { rest(for: model, at: now)?.until }

    // MARK: - State

    /// A probe, which is there to find out, did not get through, and nothing has since.
    private var isProvenUnreachable: Bool { reachable.holds == false && reachable.source == .probe }

    /// Of the provider as a whole. What live traffic met makes it degraded; that nothing should be sent there takes a
    /// probe or the breaker.
    func availability(at now: Int, _ settings: HealthSettings) -> Availability {
        if areAllKeysRefused { return .unauthorized }
        if case .refused = breaker.look(at: now, settings) { return .unavailable }
        if isProvenUnreachable { return .unavailable }
        if let rest = rest(for: nil, at: now) { return Availability(rest) }
        switch reachable.holds {
        // It answers, but never yet as it should.
        case true? where !hasWorked && wasProbeAnsweredBadly: return .degraded
        case true?: return .available
        case false?: return .degraded
        case nil: return .unknown
        }
    }

    /// Of one of its models: the provider's, unless the model is worse off.
    func availability(of model: ModelHealth, at now: Int, _ settings: HealthSettings) -> Availability {
        let host = availability(at: now, settings)
        switch host {
        case .unauthorized, .unavailable, .rateLimited, .quotaExceeded: return host
        default: break
        }
        if model.isMissing || model.isGone(at: now) { return .unavailable }
        if let rest = rest(for: model, at: now) {
            return model.authorised.holds == false ? .unauthorized : Availability(rest)
        }
        if model.isLoading { return .loading }
        if case .refused = model.breaker.look(at: now, settings) { return .unavailable }
        if model.isDegraded(at: now) { return .degraded }
        return host
    }
}

extension Availability {
    fileprivate init(_ rest: Rest) {
        switch rest.reason {
        case .rate: self = .rateLimited
        case .quota: self = .quotaExceeded
        case .permission: self = .unauthorized
        }
    }
}
