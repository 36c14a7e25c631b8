import UltraAPI

@testable import UltraDaemon

/// Simulates requests over equal candidates, each a provider of its own. `RetryPlan`, `RetryBudget`, `Breaker` and the
/// rest of the health decide as in `AttemptChain`; the clock and the random numbers are simulated.
struct RetrySimulation {
    /// Shares of the attempts that fail.
    struct Faults: Sendable {
        var rateLimited = 0.0
        var server = 0.0
        var reset = 0.0
        var truncated = 0.0
        /// The wait that a 429 asks for, in milliseconds; nil: none.
        var retryAfter: Int?
    }

    private enum Event {
        case arrival
        /// The request's plan has chosen this candidate.
        case turn(Int, of: Int)
        case end(UltraError?, Int, of: Int, askedAt: Int)
    }

    private(set) var answered = 0
    private(set) var attempts = 0
    private(set) var retries = 0

    private let faults: Faults
    /// False: every candidate is tried, whatever its health.
    private let usesHealth: Bool
    private let millisecondsPerRequest: Int
    private let retry = RetrySettings()
    private let health = HealthSettings()
    private var random: SplitMix
    private var budget = RetryBudget()
    private var providers: [ProviderHealth]
    private var models: [ModelHealth]
    private var plans: [RetryPlan] = []
    /// The candidates of each request, in the plan's order.
    private var orders: [[Int]] = []
    private var now = 1_700_000_000_000
    /// Pending events, the earliest last.
    private var events: [(at: Int, event: Event)] = []

    init(candidates: Int = 2, requestsPerSecond: Int, _ faults: Faults, usesHealth: Bool = true, seed: UInt64) {
        self.faults = faults
        self.usesHealth = usesHealth
        millisecondsPerRequest = 1000 / requestsPerSecond
        random = SplitMix(seed: seed)
        providers = Array(repeating: ProviderHealth(keys: 1), count: candidates)
        models = Array(repeating: ModelHealth(), count: candidates)
    }

    mutating func run(_ requests: Int) {
        schedule(.arrival, after: 0)
        while let next = events.popLast() {
            now = next.at
            switch next.event {
            case .arrival:
                arrive()
                if plans.count < requests { schedule(.arrival, after: millisecondsPerRequest) }
            case .turn(let index, let request): ask(index, request)
            case .end(let error, let index, let request, let askedAt): end(error, index, request, askedAt)
            }
        }
    }

    private mutating func schedule(_ event: Event, after milliseconds: Int) {
        let at = now + milliseconds
        let place = events.lastIndex { $0.at > at }.map { $0 + 1 } ?? 0
        events.insert((at, event), at: place)
    }

    private mutating func arrive() {
        budget.request(at: now / 1000)
        let options = Array(repeating: CandidateOrder.Option(), count: models.count)
        let order = CandidateOrder.order(options, .weighted, using: &random)
        var plan = RetryPlan(candidates: order.count, deadline: nil, retry)
        for (index, candidate) in order.enumerated() where usesHealth {
            let (provider, model) = (providers[candidate], models[candidate])
            switch provider.availability(of: model, at: now, health) {
            case .rateLimited:
                plan.postpone(
                    index, until: provider.coolDownEnd(for: model, at: now) ?? now, random: random.share())
            case let state where !state.isUsable:
                // Only an open breaker excludes a candidate.
                if case .refused = provider.breaker.verdict(at: now, health) {
                    plan.exclude(index)
                } else if case .refused = model.breaker.verdict(at: now, health) {
                    plan.exclude(index)
                } else {
                    plan.postpone(index, until: now + 1, random: 0)
                }
            default: break
            }
        }
        orders.append(order)
        plans.append(plan)
        go(on: plans.count - 1)
    }

    private mutating func go(on request: Int) {
        take(plans[request].next(now: now), request)
    }

    private mutating func take(_ step: RetryPlan.Step, _ request: Int) {
        guard case .attempt(let index, let pause, let isRetry) = step else { return }
        if isRetry {
            guard budget.spendRetry(at: now / 1000, retry) else {
                plans[request].exclude(index)
                return go(on: request)
            }
            retries += 1
        }
        schedule(.turn(index, of: request), after: pause)
    }

    private mutating func ask(_ index: Int, _ request: Int) {
        let candidate = orders[request][index]
        if usesHealth {
            guard providers[candidate].nextKey(for: &models[candidate], at: now) != nil else {
                plans[request].postpone(
                    index, until: providers[candidate].coolDownEnd(for: models[candidate], at: now) ?? now,
                    random: random.share())
                return go(on: request)
            }
            if case .refused = providers[candidate].breaker.admit(at: now, health) {
                plans[request].exclude(index)
                return go(on: request)
            }
            if case .refused = models[candidate].breaker.admit(at: now, health) {
                providers[candidate].breaker.abandoned(askedAt: now)
                plans[request].exclude(index)
                return go(on: request)
            }
        }
        attempts += 1
        let error = draw()
        let milliseconds = Int.random(in: error == nil ? 100...2000 : 5...300, using: &random)
        schedule(.end(error, index, of: request, askedAt: now), after: milliseconds)
    }

    private mutating func draw() -> UltraError? {
        var share = random.share()
        func falls(_ part: Double) -> Bool {
            share -= part
            return share < 0
        }
        if falls(faults.rateLimited) {
            return UltraError(
                .rateLimited, "", status: 429, isRetryable: true, retryAfterMilliseconds: faults.retryAfter)
        }
        if falls(faults.server) { return UltraError(.upstreamError, "", status: 500, isRetryable: true) }
        if falls(faults.reset) { return UltraError(.connectFailed, "", isRetryable: true) }
        if falls(faults.truncated) { return UltraError(.streamTruncated, "", status: 200, isRetryable: true) }
        return nil
    }

    private mutating func end(_ error: UltraError?, _ index: Int, _ request: Int, _ askedAt: Int) {
        let candidate = orders[request][index]
        let scope = FailureScope(error)
        providers[candidate].record(scope, error, key: 0, askedAt: askedAt, at: now, by: .live, health)
        models[candidate].record(scope, error, key: 0, askedAt: askedAt, at: now, health)
        guard let error else {
            answered += 1
            return
        }
        let share = random.share()
        take(
            plans[request].next(after: error, of: index, isCommitted: false, now: now, random: share), request)
    }
}
