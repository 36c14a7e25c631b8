internal import Logging
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// `probe`, `subscribe`, and what subscribers are told.
extension Daemon {
    func probe(_ call: Call, _ frame: RequestFrame) throws(UltraError) {
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
        call.run { [self] in
            // All at once, so that a provider that does not answer delays no other.
            for provider in chosen.providers { probers[provider.id]?.beginForClient() }
            for provider in chosen.providers { await probers[provider.id]?.end() }
            var deep: [DeepProbes.Finding] = []
            if target.isDeep {
                let candidates = chosen.model.map { [$0] } ?? chosen.providers.flatMap(registry.deepCandidates)
                deep = await DeepProbes(self, candidates).run()
            }
            endWaits(chosen.model, deep)
            if let reason = call.cancellation { return call.fail(reason) }
            call.end(
                Report { json in
                    json.key("results")
                    json.beginArray()
                    for finding in deep {
                        writeProbe(finding.candidate.provider, finding.candidate.model, finding, to: &json)
                    }
                    if deep.isEmpty {
                        for provider in chosen.providers { writeProbe(provider, chosen.model?.model, nil, to: &json) }
                    }
                    json.endArray()
                })
        }
    }

    /// Ends the cool-down of a model whose probe, requested by a client, succeeded.
    private func endWaits(_ model: Candidate?, _ deep: [DeepProbes.Finding]) {
        for finding in deep where finding.failure == nil { registry.endWaits(of: finding.candidate) }
        guard deep.isEmpty, let model, let last = model.provider.lastProbe, last.error == nil else { return }
        registry.endWaits(of: model)
    }

    /// Writes one result. The failure of the free probe is preferred, because it explains that of the deep one.
    private func writeProbe(
        _ provider: ProviderState, _ model: ModelState?, _ deep: DeepProbes.Finding?, to json: inout JSONWriter
    ) {
        let now = WallClock.now
        let state = model.map { provider.availability(of: $0, at: now) } ?? provider.availability(at: now)
        json.beginObject()
        json.field("provider", provider.id)
        json.fieldOrNull("model", model?.id)
        json.field("state", state.rawValue)
        json.key("evidence")
        json.beginObject()
        writeEvidence(provider, model, to: &json)
        json.endObject()
        json.fieldOrNull("ms", deep?.milliseconds ?? provider.lastProbe?.milliseconds)
        json.key("error")
        if let failure = state == .needsKey ? provider.needsKey : provider.lastProbe?.error ?? deep?.failure {
            json.beginObject()
            json.field("code", failure.code.rawValue)
            json.field("message", failure.message)
            json.fieldIfPresent("hint", failure.hint)
            json.endObject()
        } else {
            json.null()
        }
        json.endObject()
    }

    func subscribe(_ call: Call, _ frame: RequestFrame, in session: any Session) throws(UltraError) {
        let names = try frame.topics() ?? EventFeed.Topic.allCases.map(\.rawValue)
        var topics: Set<EventFeed.Topic> = []
        for (index, name) in names.enumerated() {
            guard let topic = EventFeed.Topic(rawValue: name) else {
                let known = EventFeed.Topic.allCases.map(\.rawValue).joined(separator: ", ")
                throw UltraError(
                    .invalidRequest, "there is no such topic", hint: "there are \(known)", field: "topics[\(index)]")
            }
            topics.insert(topic)
        }
        try feed.admit(call.caller)
        try session.admitSubscription()
        call.onCancel = { [weak self] call in
            self?.feed.unsubscribe(call)
            if let reason = call.cancellation { call.fail(reason) }
        }
        let visibility = administrators.visibility(for: call.caller)
        feed.subscribe(call, seeing: visibility, to: topics) { json in
            json.key("providers")
            json.beginArray()
            for provider in registry.providers { write(provider, visibility, to: &json) }
            json.endArray()
            writeModels(matching: ModelFilter(), to: &json)
        }
    }

    /// Reports a change of state to subscribers, journal and service manager.
    func stateChanged(_ change: StateChange) {
        feed.publish(.health) { json in
            json.field("provider", change.provider.id)
            json.fieldOrNull("model", change.model?.id)
            json.field("from", change.from.rawValue)
            json.field("to", change.to.rawValue)
            json.field("reason", change.reason)
            json.key("evidence")
            json.beginObject()
            writeEvidence(change.provider, change.model, to: &json)
            json.endObject()
        }
        log.note(
            .stateChanged, "state changed from \(change.from.rawValue) to \(change.to.rawValue)",
            [
                "ultra_provider": change.provider.id, "ultra_model": change.model?.id, "ultra_reason": change.reason,
                "ultra_state": change.to.rawValue, "ultra_previous_state": change.from.rawValue,
            ])
        store?.schedule()
        tellServiceManager()
    }

    /// Reports a change of many models at once: subscriptions end, since a new snapshot is shorter than so many events,
    /// and the journal has one line.
    func statesChanged(of provider: ProviderState, count: Int) {
        feed.end(
            UltraError(
                .fellBehind, "\(count) models of \(provider.id) changed at once",
                hint: "subscribe again: a snapshot comes first", isRetryable: true))
        log.note(
            .stateChanged, "the states of \(count) models changed", ["ultra_provider": provider.id])
        store?.schedule()
        tellServiceManager()
    }
}
