internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Asks a provider for what its list does not say of single models, a few at a time, beside everything else: a model can
/// be used before all is known of it, and one that does not answer holds up no other.
@Loop
final class ModelDetails {
    static let atOnce = 4
    private static let timeouts = ExchangeTimeouts(connect: .seconds(5), total: .seconds(30))

    private let provider: ProviderState
    private unowned let daemon: Daemon
    private var waiting: [(model: DiscoveredModel, adapter: any Adapter)] = []
    /// Ids of models that wait or are asked about.
    private var known: Set<String> = []
    private var lanes: [Int: Task<Void, Never>] = [:]
    private var laneCount = 0
    /// Resumed when nothing is left to ask, or the patience is over.
    private var watchers: [UnsafeContinuation<Void, Never>] = []

    init(_ provider: ProviderState, _ daemon: Daemon) {
        self.provider = provider
        self.daemon = daemon
    }

    func ask(_ models: [DiscoveredModel], _ adapter: any Adapter) {
        for model in models where known.insert(model.id).inserted { waiting.append((model, adapter)) }
        while lanes.count < min(Self.atOnce, waiting.count) {
            laneCount += 1
            let number = laneCount
            lanes[number] = Loop.spawn { [self] in
                while !Task.isCancelled, let next = waiting.popLast() {
                    await ask(next.model, next.adapter)
                    known.remove(next.model.id)
                }
                lanes[number] = nil
                if lanes.isEmpty { release() }
            }
        }
    }

    func cancel() {
        waiting = []
        for lane in lanes.values { lane.cancel() }
    }

    /// Returns when nothing is left to ask, or after `patience`.
    func end(within patience: Duration) async {
        guard !lanes.isEmpty else { return }
        let timer = Timer { [unowned self] in release() }
        timer.arm(after: patience)
        await withUnsafeContinuation(isolation: Loop.shared) { watchers.append($0) }
        timer.cancel()
    }

    private func release() {
        let released = watchers
        watchers = []
        for watcher in released { watcher.resume() }
    }

    private func ask(_ model: DiscoveredModel, _ adapter: any Adapter) async {
        guard let request = adapter.detailRequest(model) else { return }
        do throws(UltraError) {
            let document = Document(daemon.transport, adapter, limitBytes: daemon.limits.replyBytes)
            let detailed = try await document.fetch(request, Self.timeouts) { (reader) throws(JSONError) in
                var detailed = model
                try adapter.decodeDetail(&reader, into: &detailed)
                return detailed
            }
            provider.detail(detailed)
        } catch {
            // The list stands without it; the next one asks again.
        }
    }
}
