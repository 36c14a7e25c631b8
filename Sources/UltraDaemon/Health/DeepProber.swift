internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Runs the periodic deep probes of `health.deep_probe_interval`, one after another.
@Loop
final class DeepProber {
    /// Milliseconds after which the plan is made again, because lists and requests change the models to probe.
    static let longestSleep = 60_000

    private let context: ProbeContext

    init(_ context: ProbeContext) {
        self.context = context
    }

    private var registry: Registry { context.registry }

    /// Runs until its task is cancelled; returns immediately if no interval is configured.
    func run() async {
        guard let interval = context.configuration.health.deepProbeInterval?.wholeMilliseconds else { return }
        let plan = DeepProbePlan(interval: interval)
        while !Task.isCancelled {
            let now = WallClock.now
            let candidates = registry.deepCandidates
            let named = registry.namedModels
            let subjects = candidates.map { subject($0, named, at: now) }
            let step = plan.next(subjects, at: now)
            if let step, step.milliseconds == 0 {
                await DeepProbe(context, candidates[step.index]).run()
                continue
            }
            let pause = min(step?.milliseconds ?? interval, interval, Self.longestSleep)
            do throws(CancellationError) {
                try await Loop.sleep(for: .milliseconds(pause))
            } catch {
                return
            }
        }
    }

    private func subject(_ candidate: Candidate, _ named: Set<String>, at now: Int) -> DeepProbePlan.Subject {
        let (provider, model) = (candidate.provider, candidate.model)
        // Probe failing models again, but skip rate-limited ones and those that reject the key.
        let state = provider.availability(of: model, at: now)
        let isExcluded = [.rateLimited, .quotaExceeded, .unauthorized, .needsKey, .disabled].contains(state)
        let hasPrice = model.facts.price != nil || provider.isLocal
        return DeepProbePlan.Subject(
            isUsed: model.isAskedFor || named.contains(model.id), canBeProbed: hasPrice && !isExcluded,
            seenAt: model.health.generated.at, triedAt: model.deepProbedAt)
    }
}

extension Registry {
    /// Every model that a deep probe can be sent to.
    var deepCandidates: [Candidate] { providers.flatMap(deepCandidates) }

    /// The models of `provider` that a deep probe can be sent to.
    func deepCandidates(_ provider: ProviderState) -> [Candidate] {
        guard provider.isUpstream, provider.settings.isEnabled else { return [] }
        return provider.models.filter { model in
            model.settings.isEnabled && model.kind != .other && !model.health.isMissing
        }
        .map { candidate(provider, $0) }
    }

    /// The models that the configuration names, as `provider/model`: the default, fallbacks, routes, and models with
    /// settings.
    var namedModels: Set<String> {
        var named = Set(configuration.models.keys)
        for name in [routing.defaultModel].compactMap({ $0 }) + routing.fallback + routing.routes.keys {
            // A name that resolves to nothing is reported when a request uses it.
            for found in (try? candidates(for: name, requiring: .none, fallback: .none)) ?? [] {
                named.insert(found.id)
            }
        }
        return named
    }
}

/// The choice of the next model to deep-probe. Pure; times are milliseconds of one steady clock.
///
/// A model is due when it is in use and neither a request nor a probe has shown within `interval` whether it works.
struct DeepProbePlan: Sendable, Equatable {
    struct Subject: Sendable, Equatable {
        /// True if the configuration names the model or a client has requested it.
        var isUsed: Bool
        /// True if the model has a known price and a usable key.
        var canBeProbed: Bool
        /// When a request or a probe last showed whether the model works; nil: none has.
        var seenAt: Int?
        /// When a deep probe was last tried, with or without success; nil: none was.
        var triedAt: Int?
    }

    struct Step: Sendable, Equatable {
        /// The index of the subject to probe.
        let index: Int
        /// The time until then; 0: now.
        let milliseconds: Int
    }

    /// Milliseconds.
    let interval: Int

    /// The subject that is due first; nil: none is to be probed.
    func next(_ subjects: [Subject], at now: Int) -> Step? {
        let due = subjects.indices.filter { subjects[$0].isUsed && subjects[$0].canBeProbed }
            .map {
                (
                    index: $0,
                    at: [subjects[$0].seenAt, subjects[$0].triedAt].compactMap { $0 }.max().map { $0 + interval }
                )
            }
        guard let first = due.min(by: { $0.at ?? 0 < $1.at ?? 0 }) else { return nil }
        return Step(index: first.index, milliseconds: max(0, (first.at ?? now) - now))
    }
}

/// The cost of today's deep probes (UTC), in micro-USD. A probe's estimated cost is reserved before it is sent, so that
/// concurrent probes cannot exceed the budget together.
struct ProbeSpend: Sendable, Equatable {
    /// The estimated cost of one probe, reserved from one day's budget.
    struct Reservation: Sendable, Equatable {
        fileprivate let day: Int
        let microUSD: Int
    }

    private var day = 0
    private var microUSD = 0

    private static let dayMilliseconds = 86_400_000

    init() {}

    /// Restores the cost that an earlier run of the daemon saved.
    /// - Parameter time: when it was saved, in milliseconds since 1970.
    init(microUSD: Int, at time: Int) {
        day = time / Self.dayMilliseconds
        self.microUSD = max(0, microUSD)
    }

    /// The cost on the day of `now`, reservations included, in micro-USD.
    /// - Parameter now: milliseconds since 1970.
    func today(at now: Int) -> Int {
        now / Self.dayMilliseconds == day ? microUSD : 0
    }

    /// Reserves `estimate`, or returns nil if less than that is left of today's `budget`. All amounts are micro-USD.
    mutating func reserve(_ estimate: Int, of budget: Int, at now: Int) -> Reservation? {
        let spent = today(at: now)
        guard spent < budget, estimate <= budget - spent else { return nil }
        day = now / Self.dayMilliseconds
        microUSD = spent + estimate
        return Reservation(day: day, microUSD: estimate)
    }

    /// Replaces the reservation by the actual cost of the probe.
    mutating func settle(_ reservation: Reservation, cost: Int) {
        guard reservation.day == day else { return }
        microUSD = max(0, microUSD - reservation.microUSD) + cost
    }
}
