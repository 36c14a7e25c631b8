internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

// The registry's state as values of reports.

extension EvidenceReport {
    private init(_ name: String, _ evidence: Evidence) {
        self.init(
            name: name, holds: evidence.holds, at: evidence.at.map(WallClock.timestamp),
            source: evidence.source?.rawValue)
    }

    /// - Parameter model: nil: only the evidence about the provider.
    @Loop
    static func all(_ provider: ProviderState, _ model: ModelState?) -> [EvidenceReport] {
        let own = model?.health.authorised
        let authorised = own?.holds == false ? own ?? Evidence() : provider.health.authorised
        var all = [
            EvidenceReport("reachable", provider.health.reachable), EvidenceReport("authorised", authorised),
        ]
        if let model {
            all.append(EvidenceReport("listed", model.health.listed))
            all.append(EvidenceReport("generated", model.health.generated))
        }
        return all
    }
}

extension ModelReport {
    /// - Parameters:
    ///   - now: milliseconds of `WallClock`.
    ///   - isBrief: leaves out what `writeBriefly` does not write.
    @Loop
    init(_ model: ModelState, of provider: ProviderState, _ state: Availability, at now: Int, isBrief: Bool) {
        self.init()
        let facts = model.facts
        id = model.id
        self.provider = provider.id
        name = model.name
        displayName = facts.displayName?.value
        aliases = model.aliases
        kind = model.kind?.rawValue
        self.state = state.rawValue
        retryAt = provider.retryTime(of: model, at: now).map(WallClock.timestamp)
        weight = model.settings.weight
        tags = (model.settings.tags + provider.settings.tags).unique
        capabilities = model.capabilities.map { $0.map(\.rawValue).sorted() }
        contextWindow = facts.contextWindow?.value
        maxOutputTokens = facts.maxOutputTokens?.value
        price = (facts.price?.value).map(Price.init)
        retiresOn = facts.retiresOn?.value
        failures.consecutive = model.health.breaker.consecutiveFailures
        failures.last = model.health.lastFailure?.code.rawValue
        failures.lastAt = model.health.lastFailure.map { WallClock.timestamp($0.at) }
        guard !isBrief else { return }
        stateSince = WallClock.timestamp(model.reportedSince)
        sources = Sources(facts)
        evidence = EvidenceReport.all(provider, model)
        latency.firstTokenP50 = model.health.latency.percentile(0.5)
        latency.firstTokenP95 = model.health.latency.percentile(0.95)
    }
}

extension ModelReport.Price {
    fileprivate init(_ price: UltraProviders.Price) {
        self.init()
        input = price.input
        cachedInput = price.cachedInput
        cacheWrite = price.cacheWrite
        output = price.output
    }
}

extension ModelReport.Sources {
    fileprivate init(_ facts: ModelFacts) {
        self.init()
        kind = facts.kind?.origin.rawValue
        capabilities = facts.capabilities?.origin.rawValue
        contextWindow = facts.contextWindow?.origin.rawValue
        maxOutputTokens = facts.maxOutputTokens?.origin.rawValue
        price = facts.price?.origin.rawValue
        retiresOn = facts.retiresOn?.origin.rawValue
    }
}

extension ProviderReport {
    @Loop
    init(_ provider: ProviderState, _ visibility: Visibility) {
        self.init(id: provider.id)
        let now = WallClock.now
        name = provider.provider.displayName
        state = provider.availability(at: now).rawValue
        stateSince = WallClock.timestamp(provider.reportedSince)
        models = provider.models.count
        available = provider.models.count { provider.availability(of: $0, at: now).isUsable }
        key = provider.keyState
        keyVariables = provider.provider.missingKeyVariables
        if case .http(let place, _) = provider.provider.backend, visibility.showsSetup { endpoint = place.base }
        inFlight = provider.gate.inFlight
        queued = provider.gate.queued
        limit = provider.gate.limit
        retryAt = provider.retryTime(of: nil, at: now).map(WallClock.timestamp)
        evidence = EvidenceReport.all(provider, nil)
        lastProbe = provider.lastProbe.map(Probe.init)
        nextProbeAt = provider.schedule.nextAt.map(WallClock.timestamp)
        lastError = provider.health.lastFailure?.sentence(of: provider.id)
        notices = provider.notices
    }
}

extension ProviderReport.Probe {
    fileprivate init(_ probe: ProviderState.ProbeRecord) {
        self.init()
        at = WallClock.timestamp(probe.at)
        hasPassed = probe.error == nil
        milliseconds = probe.milliseconds
        error = probe.error?.code.rawValue
    }
}

extension Array where Element: Hashable {
    /// Each element once, in the order of its first occurrence.
    var unique: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
