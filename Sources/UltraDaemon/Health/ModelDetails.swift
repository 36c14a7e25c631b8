internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Requests the details of single models that a provider's list leaves out, up to `atOnce` at a time. The models can be
/// used meanwhile.
@Loop
final class ModelDetails {
    static let atOnce = 4
    private static let timeouts = ExchangeTimeouts(connect: .seconds(5), total: .seconds(30))

    private let provider: ProviderState
    private let context: ProbeContext
    private var waiting: [(model: DiscoveredModel, adapter: any Adapter)] = []
    /// Ids of models whose request waits or is in flight.
    private var known: Set<String> = []
    private var lanes: [Int: Task<Void, Never>] = [:]
    private var laneCount = 0
    /// Callers of `end`.
    private var watchers: [UnsafeContinuation<Void, Never>] = []

    init(_ provider: ProviderState, _ context: ProbeContext) {
        self.provider = provider
        self.context = context
    }

    /// Requests the details of `models` in the background, except those that are requested already.
    func request(_ models: [DiscoveredModel], _ adapter: any Adapter) {
        for model in models where known.insert(model.id).inserted { waiting.append((model, adapter)) }
        while lanes.count < min(Self.atOnce, waiting.count) {
            laneCount += 1
            let number = laneCount
            lanes[number] = Loop.spawn { [self] in
                while !Task.isCancelled, let next = waiting.popLast() {
                    await fetch(next.model, next.adapter)
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

    /// Returns when no request is left, or after `patience`.
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

    private func fetch(_ model: DiscoveredModel, _ adapter: any Adapter) async {
        guard let request = adapter.detailRequest(model) else { return }
        do throws(UltraError) {
            let document = Document(context.transport, adapter, limitBytes: context.limits.replyBytes)
            let detailed = try await document.fetch(request, Self.timeouts) { (reader) throws(JSONError) in
                var detailed = model
                try adapter.decodeDetail(&reader, into: &detailed)
                return detailed
            }
            provider.detail(detailed)
        } catch {
            // The model stays usable without details; the next list requests them again.
        }
    }
}
