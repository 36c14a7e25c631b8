internal import UltraAPI
internal import UltraSystem

// Candidates and their state: which ones are asked, when, and what their state means to the client.

extension AttemptChain {
    /// Excludes the candidates that are known to be unusable, and postpones those that probably are.
    func passOverUnusable(at now: Int) {
        for (index, candidate) in candidates.enumerated() {
            guard case .upstream = candidate.target else { continue }
            let state = candidate.provider.availability(of: candidate.model, at: now)
            switch state {
            case .available, .degraded, .loading, .unknown:
                continue
            case .rateLimited where allowsTrial(candidate, at: now),
                .quotaExceeded where allowsTrial(candidate, at: now):
                // One request may go through, after candidates that need not wait.
                plan.postpone(index, until: now + 1, random: 0)
                postponed.append((index, state))
            case .rateLimited, .quotaExceeded:
                let end = candidate.provider.health.coolDownEnd(for: candidate.model.health, at: now) ?? now
                plan.postpone(index, until: end, random: .random(in: 0..<1))
                postponed.append((index, state))
            case .unavailable where mayBeWrong(candidate, at: now),
                .unauthorized where allowsTrial(candidate, at: now),
                .unauthorized where candidate.provider.health.isRefusalOld(of: candidate.model.health, at: now):
                // The state may be wrong or old: ask, but after the candidates in a good state.
                plan.postpone(index, until: now + 1, random: 0)
                postponed.append((index, state))
            case .unavailable, .unauthorized, .disabled, .needsKey:
                plan.exclude(index)
                skip(candidate, state)
            }
        }
    }

    private func allowsTrial(_ candidate: Candidate, at now: Int) -> Bool {
        candidate.provider.health.allowsTrial(of: candidate.model.health, at: now)
    }

    /// A failed probe and a missing entry in a model list are hints only: just an open breaker, and the provider's
    /// statement that the model does not exist, keep requests away.
    private func mayBeWrong(_ candidate: Candidate, at now: Int) -> Bool {
        let settings = context.configuration.health
        if case .refused = candidate.provider.health.breaker.verdict(at: now, settings) { return false }
        if case .refused = candidate.model.health.breaker.verdict(at: now, settings) { return false }
        return !candidate.model.health.isNotFound(at: now)
    }

    /// Records why postponed candidates were skipped, except for `index`, which is asked now.
    @inline(never)
    func recordPostponed(but index: Int? = nil) {
        for (other, state) in postponed where other != index { skip(candidates[other], state) }
        postponed = []
    }

    private func skip(_ candidate: Candidate, _ state: Availability) {
        attempts.append(Attempt(model: candidate.id, skipped: state.rawValue))
        lastError = lastError ?? unusable(candidate, state)
    }

    /// Takes a key and asks the breakers; nil: the candidate cannot be asked now, and the plan has been told.
    @inline(never)
    func ticket(for index: Int) -> Ticket? {
        let candidate = candidates[index]
        let (provider, model, now) = (candidate.provider, candidate.model, WallClock.now)
        let settings = context.configuration.health
        guard let key = provider.health.nextKey(for: &model.health, at: now) else {
            if let coolDown = provider.health.coolDown(for: model.health, at: now) {
                plan.postpone(index, until: coolDown.until, random: .random(in: 0..<1))
                lastError = lastError ?? unusable(candidate, coolDown.reason == .quota ? .quotaExceeded : .rateLimited)
            } else {
                plan.exclude(index)
                skip(candidate, .unauthorized)
            }
            return nil
        }
        let ofProvider = provider.health.breaker.admit(at: now, settings)
        var ofModel = Breaker.Verdict.allowed
        var isRefused = false
        if case .refused = ofProvider {
            isRefused = true
        } else {
            ofModel = model.health.breaker.admit(at: now, settings)
            if case .refused = ofModel {
                provider.health.breaker.abandoned(askedAt: now)
                isRefused = true
            }
        }
        guard !isRefused else {
            plan.exclude(index)
            skip(candidate, .unavailable)
            return nil
        }
        sentCount += 1
        if sentCount > 1 { context.admission.askedAgain(call) }
        let isRetry = lastError.map { $0.provider == provider.id && $0.doubtsConnections } ?? false
        return Ticket(
            candidate: candidate, key: key, remaining: remaining, askedAt: now,
            needsFreshConnection: isRetry || ofProvider == .trial || ofModel == .trial)
    }

    // MARK: - Errors

    /// The error to end with when no candidate has answered.
    @inline(never)
    func failure() -> UltraError {
        recordPostponed()
        var error = lastError ?? UltraError(.noModelAvailable, "no model is available")
        let wereAllSkipped = attempts.allSatisfy { $0.skipped != nil }
        if candidates.count > 1, wereAllSkipped {
            error = UltraError(
                .noModelAvailable, "none of the \(candidates.count) models that could answer is usable now",
                hint: "ultractl models shows the state of each", isRetryable: true,
                retryAfterMilliseconds: soonestWait)
        }
        error.attempts = attempts
        return error
    }

    /// Milliseconds until the first candidate may be asked again; nil: not known.
    private var soonestWait: Int? {
        let now = WallClock.now
        return candidates.compactMap { $0.provider.retryTime(of: $0.model, at: now) }.min().map { $0 - now }
    }

    /// The error that the state of a candidate means to the client.
    private func unusable(_ candidate: Candidate, _ state: Availability) -> UltraError {
        let provider = candidate.provider
        switch state {
        case .needsKey:
            var error = provider.needsKey
            error.model = candidate.id
            return error
        case .unauthorized:
            return UltraError(
                .authentication, "\(provider.id) has refused the key for \(candidate.id)",
                hint: "set a valid key, or ask ultractl probe \(provider.id) whether it is valid again",
                provider: provider.id, model: candidate.id)
        case .rateLimited, .quotaExceeded:
            let now = WallClock.now
            let end = provider.health.coolDownEnd(for: candidate.model.health, at: now) ?? now
            let isQuota = state == .quotaExceeded
            let reason = isQuota ? "the quota at \(provider.id) is used up" : "\(provider.id) takes no requests"
            return UltraError(
                isQuota ? .quotaExceeded : .rateLimited,
                "\(reason) for \(candidate.id) until \(WallClock.text(end))",
                hint: isQuota
                    ? "add credit or raise the spending limit at the provider, then ultractl probe \(candidate.id)"
                    : "ask again then, or name a fallback",
                provider: provider.id, model: candidate.id, isRetryable: true, retryAfterMilliseconds: max(0, end - now)
            )
        case .disabled:
            return UltraError(
                .noModelAvailable, "\(candidate.id) is disabled in the configuration",
                hint: "enable it in ultrad.toml", provider: provider.id, model: candidate.id)
        case .unavailable, .available, .degraded, .loading, .unknown:
            let model = candidate.model.health
            if model.isNotFound(at: WallClock.now) {
                return UltraError(
                    .modelNotFound, "\(provider.id) says that it has no model \(candidate.name)",
                    hint: "ultractl models lists what there is; ultractl probe \(candidate.id) asks again",
                    provider: provider.id, model: candidate.id, isRetryable: false)
            }
            let last = (model.lastFailure ?? provider.health.lastFailure).map { ": \($0.sentence(of: provider.id))" }
            return UltraError(
                .noModelAvailable, "\(candidate.id) fails and is left alone for a while\(last ?? "")",
                hint: "ask again later, or ultractl probe \(candidate.id)",
                provider: provider.id, model: candidate.id, isRetryable: true)
        }
    }
}
