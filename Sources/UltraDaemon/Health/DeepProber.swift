internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Runs the deep probes that the configuration asks for, one after another.
@Loop
final class DeepProber {
    /// What there is to ask changes with lists and requests: it is looked at again after so long at most.
    static let longestSleep = 60_000

    private unowned let daemon: Daemon

    init(_ daemon: Daemon) {
        self.daemon = daemon
    }

    private var registry: Registry { daemon.registry }

    /// Runs until its task is cancelled; returns at once where no interval is configured.
    func run() async {
        guard let interval = daemon.configuration.health.deepProbeInterval?.wholeMilliseconds else { return }
        let plan = DeepProbePlan(interval: interval)
        while !Task.isCancelled {
            let now = WallClock.now
            let candidates = registry.deepCandidates
            let named = registry.namedModels
            let subjects = candidates.map { subject($0, named, at: now) }
            let turn = plan.next(subjects, at: now)
            if let turn, turn.milliseconds == 0 {
                await DeepProbe(daemon, candidates[turn.index]).run()
                continue
            }
            let pause = min(turn?.milliseconds ?? interval, interval, Self.longestSleep)
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
        let isInTheWay = [.rateLimited, .quotaExceeded, .unauthorized, .needsKey, .disabled].contains(state)
        let hasPrice = model.facts.price != nil || provider.isLocal
        return DeepProbePlan.Subject(
            isReliedOn: model.isAskedFor || named.contains(model.id), canBeAsked: hasPrice && !isInTheWay,
            seenAt: model.health.generated.at, triedAt: model.deepProbedAt)
    }
}

extension Registry {
    /// Every model that can be asked something by a deep probe.
    var deepCandidates: [Candidate] { providers.flatMap(deepCandidates) }

    /// Those of `provider`.
    func deepCandidates(_ provider: ProviderState) -> [Candidate] {
        guard provider.isUpstream, provider.settings.isEnabled else { return [] }
        return provider.models.filter { model in
            model.settings.isEnabled && model.kind != .other && !model.health.isMissing
        }
        .map { candidate(provider, $0) }
    }

    /// `provider/model` of what the configuration names: the default, fallbacks, routes, and models with settings.
    var namedModels: Set<String> {
        var named = Set(configuration.models.keys)
        for name in [routing.defaultModel].compactMap({ $0 }) + routing.fallback + routing.routes.keys {
            // A name that means nothing now is told of where it is used.
            for found in (try? candidates(for: name, needs: .nothing, fallback: .none)) ?? [] { named.insert(found.id) }
        }
        return named
    }
}
