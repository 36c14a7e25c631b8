internal import Glibc
internal import UltraAPI
internal import UltraSystem

/// Brings a request to a candidate that answers: one after another, again where that helps, and records every attempt.
///
/// `RetryPlan` decides; this asks the breakers, takes keys and places in the queue, waits, and reports to the registry.
@Loop
final class AttemptChain {
    typealias Ticket = AttemptTicket

    let context: Relay.Context
    let call: Call
    let candidates: [Candidate]
    /// In milliseconds of `WallClock`; nil: none.
    private let deadline: Int?
    private let isOwnDeadline: Bool
    /// The client's own timeouts. An attempt that one of them cuts short says nothing of the model.
    private let ownTimeouts: Timeouts
    var plan: RetryPlan
    var attempts: [Attempt] = []
    /// Milliseconds spent in queues.
    private(set) var queueMilliseconds = 0.0
    /// The error to end with if no attempt succeeds.
    var lastError: UltraError?
    /// The attempt that brought the answer; nil for the mock's.
    private var succeeded: Ticket?
    /// Requests sent to providers.
    var sentCount = 0
    /// The most requests to providers that one request of a client may become.
    private static let sentLimit = 8
    /// Candidates that are asked late because of their state, and are not in `attempts` yet.
    var postponed: [(index: Int, state: Availability)] = []

    /// - Parameters:
    ///   - total: the limit for all attempts together; nil: none.
    ///   - isOwnDeadline: true if the client set that limit.
    init(
        _ context: Relay.Context, _ call: Call, _ candidates: [Candidate], total: Duration?, isOwnDeadline: Bool,
        _ ownTimeouts: Timeouts
    ) {
        self.context = context
        self.call = call
        self.candidates = candidates
        self.isOwnDeadline = isOwnDeadline
        self.ownTimeouts = ownTimeouts
        deadline = total.map { WallClock.now + $0.wholeMilliseconds }
        plan = RetryPlan(candidates: candidates.count, deadline: deadline, context.configuration.retry)
    }

    /// Lets `maker` make attempts until one succeeds or the plan is at its end.
    ///
    /// The asynchronous frames of this function and of `enter` stay in memory as long as the answer streams, so they are
    /// kept small: decisions are made in functions that are not inlined.
    /// - Throws: the last error, with the code of the one that ended the plan.
    func run(_ maker: any AttemptMaker) async throws(UltraError) {
        var step = begin()
        while case .attempt(let index, let pause, let isRetry) = step {
            if pause > 0 || isRetry {
                guard try await wait(pause, for: index, isRetry: isRetry, maker.progress) else {
                    // Without retries, a candidate that has not been asked yet may still be.
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

    /// The step after a failed attempt.
    /// - Throws: the error to end with, if no step may follow.
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

    /// True if another request may be sent to a provider. Each one after the first counts in the budgets' requests of a
    /// minute too.
    private var mayGoOn: Bool { sentCount < Self.sentLimit && context.admission.mayAskAgain(call) }

    /// Counts the request in the provider's retry budget, which is a share of its requests.
    @inline(never)
    private func count(_ index: Int) {
        candidates[index].provider.retryBudget.request(at: Int(EventLoop.now / 1_000_000_000))
    }

    @inline(never)
    private func takeRetry(of index: Int) -> Bool {
        candidates[index].provider.retryBudget.spendRetry(
            at: Int(EventLoop.now / 1_000_000_000), context.configuration.retry)
    }

    /// Returns false if the provider's retry budget is exhausted.
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

    /// Makes attempts with candidate `index`; returns false if it turns out to be unusable now.
    private func enter(_ index: Int, _ maker: any AttemptMaker) async throws(UltraError) -> Bool {
        recordPostponed(but: index)
        guard isUpstream(index) else {
            try await play(index, maker)
            return true
        }
        let gate = gate(of: index)
        let isShared = call.memory.account.userCount > 1
        if !gate.enterAtOnce(call.client, isShared: isShared) { try await queue(at: gate, for: index, maker.progress) }
        defer { gate.leave(call.client) }
        // Once for each usable key of the provider.
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

    /// The mock needs no place in a queue, and the registry learns nothing from it.
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
        let patience = min(context.timeouts.queue, remaining.map { .milliseconds($0) } ?? context.timeouts.queue)
        do throws(UltraError) {
            try await gate.enter(call.client, within: patience)
        } catch {
            attempts.append(Attempt(candidates[index].id, error, since: queuedAt))
            throw error
        }
        queueMilliseconds += Double(EventLoop.now - queuedAt) / 1e6
    }

    /// Records a failed attempt, here and in the registry.
    @inline(never)
    private func failed(_ ticket: Ticket, _ error: UltraError, _ maker: any AttemptMaker) {
        attempts.append(Attempt(ticket.candidate.id, error, since: ticket.startedAt))
        let request = RequestMark(client: call.client, isShaped: maker.isShaped(for: ticket.candidate.provider.id)) {
            maker.contentHash
        }
        context.registry.record(
            error, of: ticket.candidate, key: ticket.key, by: request, prompt: { maker.prompt },
            askedAt: ticket.askedAt, isOwnTimeout: isOwn(error.timeout), isInconclusive: maker.isBlameless)
    }

    /// Records the successful attempt in the registry. The caller of `run` calls it once the client has its answer.
    func learn(from maker: any AttemptMaker) {
        guard let ticket = succeeded else { return }
        context.registry.record(
            nil, of: ticket.candidate, key: ticket.key, askedAt: ticket.askedAt,
            firstToken: maker.firstContentMilliseconds, isOwnTimeout: false)
    }

    /// True if the key is unusable for now, and another key of the provider is usable.
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

    /// Milliseconds until the deadline; nil: there is none.
    var remaining: Int? { deadline.map { max(1, $0 - WallClock.now) } }
}

extension Attempt {
    fileprivate init(_ model: String, _ error: UltraError?, since start: UInt64) {
        self.init(
            model: model, error: error?.code, status: error.map(\.status) ?? 200,
            milliseconds: Double(EventLoop.now - start) / 1e6)
    }
}
