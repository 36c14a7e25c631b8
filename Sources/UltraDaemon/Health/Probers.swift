internal import Logging
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// The parts of the daemon that probes and warm connections use.
@Loop
final class ProbeContext {
    let registry: Registry
    let transport: Transport
    var log: Logger
    private let loaded: LoadedConfiguration

    init(_ registry: Registry, _ transport: Transport, _ loaded: LoadedConfiguration, _ log: Logger) {
        self.registry = registry
        self.transport = transport
        self.loaded = loaded
        self.log = log
    }

    var configuration: Configuration { loaded.configuration }
    var limits: Limits { configuration.limits }
    var timeouts: DefaultTimeouts { configuration.timeouts }
}

/// The probers of all providers and the deep prober, each with the task that it runs in.
@Loop
final class Probers {
    let context: ProbeContext
    /// By provider id.
    private var probers: [String: Prober] = [:]
    /// By provider id.
    private var tasks: [String: Task<Void, Never>] = [:]
    private var deepProbing: Task<Void, Never>?

    init(_ context: ProbeContext) {
        self.context = context
    }

    /// The prober of a provider; nil: it cannot be probed.
    subscript(provider: ProviderState) -> Prober? { probers[provider.id] }

    /// Starts and ends the probers' tasks, so that each provider that can be probed has one.
    func follow(_ registry: Registry) {
        for (id, prober) in probers {
            if let provider = registry.provider(id), provider === prober.provider, provider.canBeProbed { continue }
            tasks.removeValue(forKey: id)?.cancel()
            probers[id] = nil
        }
        for provider in registry.providers where provider.canBeProbed && probers[provider.id] == nil {
            let prober = Prober(provider, context)
            probers[provider.id] = prober
            tasks[provider.id] = Loop.spawn { await prober.run() }
        }
    }

    /// Begins the periodic deep probes, if they are configured.
    func beginDeepProbes() {
        deepProbing = Loop.spawn { [context] in await DeepProber(context).run() }
    }

    /// Runs deep probes for a client.
    func deep(_ candidates: [Candidate]) async -> [DeepProbes.Finding] {
        await DeepProbes(context, candidates).run()
    }

    func reschedule() {
        for prober in probers.values { prober.reschedule() }
    }

    func stop() {
        tasks.values.forEach { $0.cancel() }
        deepProbing?.cancel()
    }
}
