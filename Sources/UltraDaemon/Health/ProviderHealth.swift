internal import UltraAPI

/// The state of a provider's host and of its keys. Pure; times are milliseconds of `WallClock`.
struct ProviderHealth: Sendable, Equatable {
    /// Evidence that the host can be reached.
    var reachable = Evidence()
    /// Opened by failed connections to the host.
    var breaker = Breaker()
    /// One element per key; a single one for a provider that needs no key.
    var keys: [KeyHealth]
    var lastFailure: Failure?
    /// True once a request or a probe has succeeded, in this run or an earlier one.
    var hasWorked = false
    /// True if the host answered the last probe with a server error or an unexpected reply.
    private var wasProbeAnsweredBadly = false
    /// True if the provider rejects a key for the list of models but accepts it for requests.
    private(set) var isListRefused = false
    /// The index at which the rotation of keys continues.
    private var nextIndex = 0

    /// The number of consecutive failed live connections after which the host counts as unreachable. A single
    /// connection may be reset for reasons that do not affect others.
    static let unreachableAfterFailures = 2

    init(keys: Int) {
        self.keys = Array(repeating: KeyHealth(), count: max(1, keys))
    }

    /// Records the outcome of a request or of a probe.
    /// - Parameters:
    ///   - error: nil: success.
    ///   - failure: becomes `lastFailure`; nil: `lastFailure` stays.
    ///   - key: the index of the key that the request used.
    ///   - askedAt: the time at which the breaker admitted the request; nil: the breaker was not asked.
    mutating func record(
        _ scope: FailureScope, _ error: UltraError?, keeping failure: Failure? = nil, key: Int, askedAt: Int? = nil,
        at now: Int, by source: Evidence.Source, _ settings: HealthSettings
    ) {
        if source == .probe {
            keys[key].probed(at: now)
            wasProbeAnsweredBadly = scope == .model || scope == .client(isReachable: true)
        }
        switch scope {
        case .none:
            answered(at: now, by: source, settings)
            hasWorked = true
            keys[key].accepted(at: now, by: source)
            keys[key].succeeded(askedAt: askedAt)
            if source == .probe { isListRefused = false }
            return
        case .client(let isReachable):
            if isReachable { answered(at: now, by: source, settings) } else { breaker.abandoned(askedAt: askedAt) }
            return
        case .host:
            breaker.failed(at: now, askedAt: askedAt, settings)
            switch source {
            case .probe: reachable = Evidence(false, at: now, by: .probe)
            case .live where isProvenUnreachable: break
            case .live where breaker.consecutiveFailures < Self.unreachableAfterFailures: break
            case .live: reachable = Evidence(false, at: now, by: .live)
            }
        case .absentServer:
            breaker.abandoned(askedAt: askedAt)
            if source == .probe || !isProvenUnreachable { reachable = Evidence(false, at: now, by: source) }
        case .key, .keyForModel:
            answered(at: now, by: source, settings)
            if source == .probe {
                listRefused(key, at: now)
            } else if scope == .key {
                keys[key].refused(at: now, by: source)
            } else {
                keys[key].accepted(at: now, by: source)
            }
        case .quota(let milliseconds):
            answered(at: now, by: source, settings)
            let guessed = now + KeyHealth.quotaCoolDownMilliseconds
            keys[key].start(
                milliseconds.map { CoolDown(.quota, since: now, requested: $0, settings) }
                    ?? CoolDown(.quota, since: now, until: guessed, isRequested: false))
        case .rate, .missingModel:
            answered(at: now, by: source, settings)
            keys[key].accepted(at: now, by: source)
        case .model:
            if error?.status != nil {
                answered(at: now, by: source, settings)
            } else {
                breaker.abandoned(askedAt: askedAt)
            }
        }
        if let failure { lastFailure = failure }
    }

    private mutating func answered(at now: Int, by source: Evidence.Source, _ settings: HealthSettings) {
        reachable = Evidence(true, at: now, by: source)
        breaker.succeeded(at: now, settings)
    }

    /// A provider may accept a key for requests and reject it for the list of models.
    private mutating func listRefused(_ key: Int, at now: Int) {
        if keys[key].worksForRequests {
            isListRefused = true
        } else {
            keys[key].refused(at: now, by: .probe)
        }
    }

    /// Ends every cool-down and the breaker's pause, after a probe that a client requested has succeeded.
    mutating func endWaits(at now: Int) {
        for index in keys.indices { keys[index].endCoolDown() }
        breaker.endPause(at: now)
    }

    // MARK: - Keys

    /// The index of the next key for a request to `model`, in rotation; nil: no key may be used now. If no key is
    /// ready, a key that is due for a trial is chosen, and its trial begins.
    mutating func nextKey(for model: inout ModelHealth, at now: Int) -> Int? {
        if let index = rotation.first(where: { isReady($0, for: model, at: now) }) { return chosen(index) }
        guard let index = rotation.first(where: { allowsTrial($0, for: model, at: now) }) else { return nil }
        keys[index].beginTrial(at: now)
        if model.coolDowns[index]?.allowsTrial(at: now) == true { model.coolDowns[index]?.beginTrial(at: now) }
        return chosen(index)
    }

    /// The index of the key for a deep probe. Unlike `nextKey`, always returns one.
    mutating func keyToProbe(at now: Int) -> Int {
        chosen(rotation.first { keys[$0].isReady(at: now) } ?? keysToProbe.first ?? 0)
    }

    /// The indices of the keys, beginning with the next one.
    private var rotation: some Collection<Int> {
        let (count, first) = (keys.count, nextIndex)
        return (0..<count).lazy.map { (first + $0) % count }
    }

    private mutating func chosen(_ index: Int) -> Int {
        nextIndex = (index + 1) % keys.count
        return index
    }

    /// True if the key at `index` may be used for `model` now; a nil `model` checks the key alone.
    func isReady(_ index: Int, for model: ModelHealth?, at now: Int) -> Bool {
        keys[index].isReady(at: now) && model?.isCoolingDown(index, at: now) != true
    }

    /// True if a request to `model` may test the key at `index`.
    private func allowsTrial(_ index: Int, for model: ModelHealth, at now: Int) -> Bool {
        guard keys[index].allowsTrial(at: now) else { return false }
        guard let coolDown = model.coolDowns[index], coolDown.holds(at: now) else { return true }
        return coolDown.allowsTrial(at: now)
    }

    /// True if a request to `model` may test at least one key.
    func allowsTrial(of model: ModelHealth, at now: Int) -> Bool {
        keys.indices.contains { allowsTrial($0, for: model, at: now) }
    }

    /// The indices of the keys that a probe tries until the provider accepts one: one rejected key, to test it again,
    /// then one other key. Of each kind, the key that was probed least recently.
    var keysToProbe: [Int] {
        let order = keys.indices.sorted { (keys[$0].probedAt ?? 0) < (keys[$1].probedAt ?? 0) }
        return [order.first { keys[$0].isRefused }, order.first { !keys[$0].isRefused }].compactMap { $0 }
    }

    /// True if the rejection of a key, or of `model` for its keys, is old enough for another attempt.
    func isRefusalOld(of model: ModelHealth, at now: Int) -> Bool {
        areAllKeysRefused
            ? keys.contains { $0.isRefusalOld(at: now) }
            : model.authorised.isOld(after: KeyHealth.refusalMilliseconds, at: now)
    }

    /// The evidence of the best key: an accepted one, else an untested one, else the first.
    var authorised: Evidence {
        keys.first { $0.authorised.holds == true }?.authorised ?? keys.first { $0.authorised.holds == nil }?.authorised
            ?? keys[0].authorised
    }

    var areAllKeysRefused: Bool { keys.allSatisfy(\.isRefused) }

    /// The cool-down after whose end a key may first be used for `model` again. A nil `model` considers the keys alone.
    /// - Returns: nil: a key may be used now, or every key is rejected.
    func coolDown(for model: ModelHealth?, at now: Int) -> CoolDown? {
        var soonest: CoolDown?
        for (index, key) in keys.enumerated() where !key.isRefused {
            var longest = key.coolDown.flatMap { $0.holds(at: now) ? $0 : nil }
            if let model, !model.coolDowns.isEmpty, let own = model.coolDowns[index], own.holds(at: now),
                own.until > longest?.until ?? 0
            {
                longest = own
            }
            guard let longest else { return nil }
            if longest.until < soonest?.until ?? .max { soonest = longest }
        }
        return soonest
    }

    /// The time at which the first key may be used for `model` again; nil: a key may be used now, or every key is
    /// rejected.
    func coolDownEnd(for model: ModelHealth?, at now: Int) -> Int? { coolDown(for: model, at: now)?.until }

    // MARK: - State

    /// True if a probe could not connect and no connection has succeeded since.
    private var isProvenUnreachable: Bool { reachable.holds == false && reachable.source == .probe }

    /// The availability of the provider as a whole. Failed live connections make it degraded; only a failed probe or an
    /// open breaker makes it unavailable.
    func availability(at now: Int, _ settings: HealthSettings) -> Availability {
        if areAllKeysRefused { return .unauthorized }
        if case .refused = breaker.verdict(at: now, settings) { return .unavailable }
        if isProvenUnreachable { return .unavailable }
        if let coolDown = coolDown(for: nil, at: now) { return Availability(coolDown) }
        switch reachable.holds {
        // The host answers, but no request has succeeded yet.
        case true? where !hasWorked && wasProbeAnsweredBadly: return .degraded
        case true?: return .available
        case false?: return .degraded
        case nil: return .unknown
        }
    }

    /// The availability of one model: the provider's, unless the model's own state is worse.
    func availability(of model: ModelHealth, at now: Int, _ settings: HealthSettings) -> Availability {
        let host = availability(at: now, settings)
        switch host {
        case .unauthorized, .unavailable, .rateLimited, .quotaExceeded: return host
        default: break
        }
        if model.isMissing || model.isNotFound(at: now) { return .unavailable }
        if let coolDown = coolDown(for: model, at: now) {
            return model.authorised.holds == false ? .unauthorized : Availability(coolDown)
        }
        if model.isLoading { return .loading }
        if case .refused = model.breaker.verdict(at: now, settings) { return .unavailable }
        if model.isDegraded(at: now) { return .degraded }
        return host
    }
}

extension Availability {
    fileprivate init(_ coolDown: CoolDown) {
        switch coolDown.reason {
        case .rate: self = .rateLimited
        case .quota: self = .quotaExceeded
        case .permission: self = .unauthorized
        }
    }
}
