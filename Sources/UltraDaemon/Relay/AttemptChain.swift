internal import Glibc
internal import UltraAPI
internal import UltraSystem

/// Brings a request to a candidate that answers: one after another, again where that helps, and tells the whole story.
///
/// `RetryPlan` decides; this asks the breakers, takes keys and places in the queue, waits, and reports to the registry.
@Loop
final class AttemptChain {
    typealias Ticket = AttemptTicket

    private let daemon: Daemon
    private let call: Call
    private let candidates: [Candidate]
    /// In milliseconds of `WallClock`; nil: none.
    private let deadline: Int?
    private let isOwnDeadline: Bool
    /// The client's own timers: nobody is to scope for what they cut short.
    private let ownTimeouts: Timeouts
    private var plan: RetryPlan
    private(set) var attempts: [Attempt] = []
    /// Milliseconds spent waiting for a turn.
    private(set) var queueMilliseconds = 0.0
    private var lastError: UltraError?
    /// The attempt that brought the answer; the mock's is none.
    private var succeeded: Ticket?
    /// Requests that were sent to providers.
    private var sentCount = 0
    /// Most of them that one request of a client becomes.
    private static let sentLimit = 8
    /// Candidates whose turn comes late, for the state they are in; nothing was told of them yet.
    private var postponed: [(index: Int, state: Availability)] = []

    /// - Parameters:
    ///   - total: for everything together; nil: no end.
    ///   - isOwnDeadline: the client set it.
    init(
        _ daemon: Daemon, _ call: Call, _ candidates: [Candidate], total: Duration?, isOwnDeadline: Bool,
        _ ownTimeouts: Timeouts
    ) {
        self.daemon = daemon
        self.call = call
        self.candidates = candidates
        self.isOwnDeadline = isOwnDeadline
        self.ownTimeouts = ownTimeouts
        deadline = total.map { WallClock.now + $0.wholeMilliseconds }
        plan = RetryPlan(candidates: candidates.count, deadline: deadline, daemon.configuration.retry)
    }

    /// Lets `maker` try until it succeeds or nothing is left to try.
    ///
    /// What is awaited here stays in memory as long as the answer streams: the decisions are made in functions that
    /// return before, so that these frames hold little.
    func run(_ maker: any AttemptMaker) async throws(UltraError) {
        var step = begin()
        while case .attempt(let index, let pause, let isRetry) = step {
            if pause > 0 || isRetry {
                guard try await wait(pause, for: index, isRetry: isRetry, maker.progress) else {
                    // Whoever was not asked yet, because it rests, may still be.
                    plan.exclude(index)
                    step = plan.next(now: WallClock.now)
                    continue
                }
            }
            if !isRetry { count(index) }
            do throws(UltraError) {
                if try await enter(index, maker) { return }
                step = plan.next(now: WallClock.now)
            } catch {
                step = try next(after: error, of: index, maker)
            }
        }
        throw failure()
    }

    @inline(never)
    private func begin() -> RetryPlan.Step {
        let now = WallClock.now
        passOverUnusable(at: now)
        return plan.next(now: now)
    }

    /// What follows a failed attempt; throws where nothing may.
    @inline(never)
    private func next(
        after error: UltraError, of index: Int, _ maker: any AttemptMaker
    ) throws(UltraError) -> RetryPlan.Step {
        if call.cancellation != nil || error.code == .cancelled { throw error }
        lastError = error
        guard mayGoOn else { throw failure() }
        let now = WallClock.now
        guard maker.isCommitted else {
            return plan.next(after: error, of: index, isCommitted: false, now: now, random: .random(in: 0..<1))
        }
        let step = plan.restart(without: index, now: now)
        guard step != .fail, maker.restart() else { throw failure() }
        return step
    }

    /// Whether the request may become yet another one to a provider. Those beyond the first count in the budgets' requests
    /// of a minute too.
    private var mayGoOn: Bool { sentCount < Self.sentLimit && daemon.mayAskAgain(call) }

    /// Candidates that are known not to answer are not asked, and the story says why.
    private func passOverUnusable(at now: Int) {
        for (index, candidate) in candidates.enumerated() {
            guard case .upstream = candidate.target else { continue }
            let state = candidate.provider.availability(of: candidate.model, at: now)
            switch state {
            case .available, .degraded, .loading, .unknown:
                continue
            case .rateLimited where allowsTrial(candidate, at: now),
                .quotaExceeded where allowsTrial(candidate, at: now):
                // After those that need not wait.
                plan.postpone(index, until: now + 1, random: 0)
                postponed.append((index, state))
            case .rateLimited, .quotaExceeded:
                let end = candidate.provider.health.coolDownEnd(for: candidate.model.health, at: now) ?? now
                plan.postpone(index, until: end, random: .random(in: 0..<1))
                postponed.append((index, state))
            case .unavailable where mayBeWrong(candidate, at: now),
                .unauthorized where allowsTrial(candidate, at: now),
                .unauthorized where candidate.provider.health.isRefusalOld(of: candidate.model.health, at: now):
                // Asked all the same, but after those of which nothing bad is known.
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

    /// One failed probe is no proof, and a list is a hint: only an open breaker, and the provider's own word that the
    /// model does not exist, keep requests away.
    private func mayBeWrong(_ candidate: Candidate, at now: Int) -> Bool {
        let settings = daemon.configuration.health
        if case .refused = candidate.provider.health.breaker.verdict(at: now, settings) { return false }
        if case .refused = candidate.model.health.breaker.verdict(at: now, settings) { return false }
        return !candidate.model.health.isNotFound(at: now)
    }

    /// The story says why others are asked before those that were postponed, or instead of them.
    @inline(never)
    private func tellPostponed(but index: Int? = nil) {
        for (other, state) in postponed where other != index { skip(candidates[other], state) }
        postponed = []
    }

    private func skip(_ candidate: Candidate, _ state: Availability) {
        attempts.append(Attempt(model: candidate.id, skipped: state.rawValue))
        lastError = lastError ?? unusable(candidate, state)
    }

    /// The request is one of those of which repetitions may be a share.
    @inline(never)
    private func count(_ index: Int) {
        candidates[index].provider.retryBudget.request(at: Int(EventLoop.now / 1_000_000_000))
    }

    @inline(never)
    private func takeRetry(of index: Int) -> Bool {
        candidates[index].provider.retryBudget.spendRetry(
            at: Int(EventLoop.now / 1_000_000_000), daemon.configuration.retry)
    }

    /// Returns false if the provider's budget for repetitions is used up.
    private func wait(
        _ milliseconds: Int, for index: Int, isRetry: Bool, _ progress: ProgressReporter?
    ) async throws(UltraError) -> Bool {
        if isRetry, !takeRetry(of: index) { return false }
        let tries = attempts.count { $0.skipped == nil }
        if tries > 0 || milliseconds > 1 { progress?.retrying(attempt: tries + 1, inMilliseconds: milliseconds) }
        do throws(CancellationError) {
            try await Loop.sleep(for: .milliseconds(milliseconds))
        } catch {
            throw UltraError(.cancelled, "the request was cancelled")
        }
        return true
    }

    /// Asks candidate `index`; false: it turned out that it cannot be asked now.
    private func enter(_ index: Int, _ maker: any AttemptMaker) async throws(UltraError) -> Bool {
        tellPostponed(but: index)
        guard isUpstream(index) else {
            try await play(index, maker)
            return true
        }
        let gate = gate(of: index)
        if !gate.enterAtOnce(call.client) { try await queue(at: gate, for: index, maker.progress) }
        defer { gate.leave(call.client) }
        // Again while the provider has another key.
        while let ticket = ticket(for: index) {
            guard let error = await maker.attempt(ticket) else {
                succeeded = ticket
                attempts.append(Attempt(ticket.candidate.id, nil, since: ticket.startedAt))
                return true
            }
            failed(ticket, error, maker)
            guard mayGoOn else { throw error }
            guard !maker.isCommitted, mayChangeKey(after: error, from: ticket) else { throw error }
        }
        return false
    }

    @inline(never)
    private func isUpstream(_ index: Int) -> Bool {
        if case .upstream = candidates[index].target { true } else { false }
    }

    @inline(never)
    private func gate(of index: Int) -> ConcurrencyGate { candidates[index].provider.gate }

    /// The mock answers: there is nothing to wait for, and nothing to learn.
    private func play(_ index: Int, _ maker: any AttemptMaker) async throws(UltraError) {
        let ticket = Ticket(candidate: candidates[index], key: 0, remaining: remaining, askedAt: WallClock.now)
        let error = await maker.attempt(ticket)
        attempts.append(Attempt(ticket.candidate.id, error, since: ticket.startedAt))
        if let error { throw error }
    }

    private func queue(
        at gate: ConcurrencyGate, for index: Int, _ progress: ProgressReporter?
    ) async throws(UltraError) {
        let queuedAt = EventLoop.now
        progress?.phase(.queued)
        let patience = min(daemon.timeouts.queue, remaining.map { .milliseconds($0) } ?? daemon.timeouts.queue)
        do throws(UltraError) {
            try await gate.enter(call.client, within: patience)
        } catch {
            attempts.append(Attempt(candidates[index].id, error, since: queuedAt))
            throw error
        }
        queueMilliseconds += Double(EventLoop.now - queuedAt) / 1e6
    }

    /// Takes a key and the breakers' leave; nil: the candidate cannot be asked now, and the plan knows.
    @inline(never)
    private func ticket(for index: Int) -> Ticket? {
        let candidate = candidates[index]
        let (provider, model, now) = (candidate.provider, candidate.model, WallClock.now)
        let settings = daemon.configuration.health
        guard let key = provider.health.nextKey(for: &model.health, at: now) else {
            if let rest = provider.health.coolDown(for: model.health, at: now) {
                plan.postpone(index, until: rest.until, random: .random(in: 0..<1))
                lastError = lastError ?? unusable(candidate, rest.reason == .quota ? .quotaExceeded : .rateLimited)
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
        if sentCount > 1 { daemon.askedAgain(call) }
        let isRetry = lastError.map { $0.provider == provider.id && $0.doubtsConnections } ?? false
        return Ticket(
            candidate: candidate, key: key, remaining: remaining, askedAt: now,
            needsFreshConnection: isRetry || ofProvider == .trial || ofModel == .trial)
    }

    /// Writes the attempt down and lets the registry learn from it.
    @inline(never)
    private func failed(_ ticket: Ticket, _ error: UltraError, _ maker: any AttemptMaker) {
        attempts.append(Attempt(ticket.candidate.id, error, since: ticket.startedAt))
        let request = RequestMark(client: call.client, isShaped: maker.isShaped(for: ticket.candidate.provider.id)) {
            maker.contentHash
        }
        daemon.registry.record(
            error, of: ticket.candidate, key: ticket.key, by: request, prompt: { maker.prompt },
            askedAt: ticket.askedAt, isOwnTimeout: isOwn(error.timeout), isInconclusive: maker.isBlameless)
    }

    /// Lets the registry learn from the attempt that succeeded. For whoever ran the chain to call, when the client has
    /// its answer.
    func learn(from maker: any AttemptMaker) {
        guard let ticket = succeeded else { return }
        daemon.registry.record(
            nil, of: ticket.candidate, key: ticket.key, askedAt: ticket.askedAt,
            firstToken: maker.firstContentMilliseconds, isOwnTimeout: false)
    }

    /// The key is out for a while, and another one of the provider is not.
    private func mayChangeKey(after error: UltraError, from ticket: Ticket) -> Bool {
        switch error.code {
        case .authentication, .rateLimited, .quotaExceeded:
            let candidate = ticket.candidate
            let (health, model, now) = (candidate.provider.health, candidate.model.health, WallClock.now)
            return !health.isReady(ticket.key, for: model, at: now)
                && health.keys.indices.contains { health.isReady($0, for: model, at: now) }
        default:
            return false
        }
    }

    private func isOwn(_ timeout: TimeoutKind?) -> Bool {
        switch timeout {
        case .connect: ownTimeouts.connect != nil
        case .firstToken: ownTimeouts.firstToken != nil
        case .idle: ownTimeouts.idle != nil
        case .total: isOwnDeadline
        case .queue, .writeStall, nil: false
        }
    }

    private var remaining: Int? { deadline.map { max(1, $0 - WallClock.now) } }

    // MARK: - The end of the story

    @inline(never)
    private func failure() -> UltraError {
        tellPostponed()
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

    /// Until the first of the candidates may be asked again, where that is known.
    private var soonestWait: Int? {
        let now = WallClock.now
        return candidates.compactMap { $0.provider.retryTime(of: $0.model, at: now) }.min().map { $0 - now }
    }

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

extension Attempt {
    fileprivate init(_ model: String, _ error: UltraError?, since start: UInt64) {
        self.init(
            model: model, error: error?.code, status: error.map(\.status) ?? 200,
            milliseconds: Double(EventLoop.now - start) / 1e6)
    }
}
