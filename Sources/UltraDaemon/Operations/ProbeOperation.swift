internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// `probe`: checks now whether providers work, or whether one model generates.
struct ProbeOperation: Operation {
    private let registry: Registry
    private let probers: Probers

    init(_ registry: Registry, _ probers: Probers) {
        self.registry = registry
        self.probers = probers
    }

    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) throws(UltraError) {
        let target = try frame.probeTarget()
        if target.isDeep, target.model == nil, target.provider == nil {
            throw UltraError(
                .invalidRequest, "a deep probe costs money: say of which model or provider", hint: "name one",
                field: "model")
        }
        var model: Candidate?
        var providers = registry.providers
        if let name = target.model {
            let candidate = try registry.candidates(
                for: name, requiring: .none, fallback: .none)[0]
            model = candidate
            providers = [candidate.provider]
        } else if let id = target.provider {
            guard let provider = registry.provider(id) else {
                let known = registry.providers.map(\.id).joined(separator: ", ")
                throw UltraError(
                    .invalidRequest, "there is no such provider", hint: "there are \(known)", field: "provider")
            }
            providers = [provider]
        }
        let chosen = (providers: providers, model: model)
        call.run {
            // All probes run concurrently, so that a provider that does not answer delays no other.
            for provider in chosen.providers { probers[provider]?.beginForClient() }
            for provider in chosen.providers { await probers[provider]?.end() }
            var deep: [DeepProbes.Finding] = []
            if target.isDeep {
                let candidates = chosen.model.map { [$0] } ?? chosen.providers.flatMap(registry.deepCandidates)
                deep = await probers.deep(candidates)
            }
            endWaits(chosen.model, deep)
            if let reason = call.cancellation { return call.fail(reason) }
            var report = ProbeReport()
            report.results = deep.map { ProbeReport.Result($0.candidate.provider, $0.candidate.model, $0) }
            if deep.isEmpty { report.results = chosen.providers.map { .init($0, chosen.model?.model, nil) } }
            call.end(Report(report))
        }
    }

    /// Ends the cool-downs of models whose deep probe, requested by a client, succeeded.
    private func endWaits(_ model: Candidate?, _ deep: [DeepProbes.Finding]) {
        for finding in deep where finding.failure == nil { registry.endWaits(of: finding.candidate) }
        guard deep.isEmpty, let model, let last = model.provider.lastProbe, last.error == nil else { return }
        registry.endWaits(of: model)
    }
}

extension ProbeReport.Result {
    /// The result of one provider's probes. If both failed, it has the failure of the free probe, which explains that of the
    /// deep one.
    /// - Parameter model: nil: the whole provider was probed.
    @Loop
    fileprivate init(_ provider: ProviderState, _ model: ModelState?, _ deep: DeepProbes.Finding?) {
        self.init()
        let now = WallClock.now
        let state = model.map { provider.availability(of: $0, at: now) } ?? provider.availability(at: now)
        self.provider = provider.id
        self.model = model?.id
        self.state = state.rawValue
        evidence = EvidenceReport.all(provider, model)
        milliseconds = deep?.milliseconds ?? provider.lastProbe?.milliseconds
        let failure = state == .needsKey ? provider.needsKey : provider.lastProbe?.error ?? deep?.failure
        error = failure.map(ProbeReport.Problem.init)
    }
}

extension ProbeReport.Problem {
    fileprivate init(_ error: UltraError) {
        self.init()
        code = error.code.rawValue
        message = error.message
        hint = error.hint
    }
}
