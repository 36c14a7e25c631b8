internal import Logging
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Looks after one provider: lists its models at the start and every ten minutes, and in between asks for the list to
/// see that host and key work, unless live traffic has shown it. One task a provider; it costs nothing.
@Loop
final class Prober {
    static let pageLimit = 100
    private static let timeouts = ExchangeTimeouts(connect: .seconds(5), total: .seconds(30))

    let provider: ProviderState
    private unowned let daemon: Daemon
    private var listedAt: Int?
    private var timer = Timer {}
    /// When the timer fires, in milliseconds of `WallClock`.
    private var wakesAt = 0
    private var sleeper: UnsafeContinuation<Void, Never>?
    /// The probe that is under way.
    private var looking: Task<Void, Never>?
    /// Who waits for it.
    private var waiters: [Int: UnsafeContinuation<Void, Never>] = [:]
    private var waiterCount = 0

    init(_ provider: ProviderState, _ daemon: Daemon) {
        self.provider = provider
        self.daemon = daemon
        timer.onFire = { [unowned self] in wake() }
    }

    private var settings: HealthSettings { daemon.configuration.health }

    /// Runs until its task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let now = WallClock.now
            let due = provider.schedule.nextAt ?? now
            let listDue = listedAt.map { $0 + settings.discoveryInterval.wholeMilliseconds } ?? now
            if due <= now || listDue <= now {
                begin()
                await end()
            }
            let next = max(WallClock.now + 10, provider.schedule.nextAt ?? 0)
            await sleep(milliseconds: min(next - WallClock.now, settings.discoveryInterval.wholeMilliseconds))
        }
        looking?.cancel()
    }

    /// Sleeps until the schedule says so; traffic moves it, so it is looked at again now and then.
    private func sleep(milliseconds: Int) async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation(isolation: Loop.shared) { continuation in
                guard !Task.isCancelled else { return continuation.resume() }
                sleeper = continuation
                wakesAt = WallClock.now + milliseconds
                timer.arm(after: .milliseconds(milliseconds))
            }
        } onCancel: {
            Loop.perform { self.wake() }
        }
    }

    private func wake() {
        timer.cancel()
        let continuation = sleeper
        sleeper = nil
        continuation?.resume()
    }

    /// The schedule was moved. Who wakes too early sleeps on, so that a request that succeeds costs no timer.
    func reschedule() {
        guard sleeper != nil, let next = provider.schedule.nextAt, next < wakesAt else { return }
        wakesAt = next
        timer.arm(after: .milliseconds(max(0, next - WallClock.now)))
    }

    /// Probes now, unless a probe is under way, which serves the caller as well. It belongs to nobody: a client that
    /// goes away does not end it for the others.
    func begin() {
        guard looking == nil else { return }
        looking = Loop.spawn { [self] in
            await look()
            looking = nil
            let served = waiters.values
            waiters = [:]
            for waiter in served { waiter.resume() }
        }
    }

    /// Returns when no probe is under way, or the caller's task is cancelled.
    func end() async {
        guard looking != nil else { return }
        waiterCount += 1
        let number = waiterCount
        await withTaskCancellationHandler {
            await withUnsafeContinuation(isolation: Loop.shared) { continuation in
                guard !Task.isCancelled else { return continuation.resume() }
                waiters[number] = continuation
            }
        } onCancel: {
            Loop.perform { self.waiters.removeValue(forKey: number)?.resume() }
        }
    }

    private func look() async {
        var failure: UltraError?
        for key in provider.health.keysToProbe {
            failure = await look(key)
            // Of several keys one that works is enough.
            guard failure?.code == .authentication else { break }
        }
        if failure?.code == .cancelled { return }
        let now = WallClock.now
        if let failure {
            provider.schedule.failed(at: now, retryAfter: failure.retryAfterMilliseconds, settings)
            daemon.log.warning(
                "probe failed",
                metadata: ["ultra_provider": "\(provider.id)", "ultra_error_code": "\(failure.code.rawValue)"])
        } else {
            provider.schedule.succeeded(at: now, random: .random(in: 0..<1), settings)
        }
        daemon.registry.note(provider, nil, reason: failure?.code.rawValue ?? "probe")
    }

    private func look(_ key: Int) async -> UltraError? {
        let started = EventLoop.now
        var failure: UltraError?
        do throws(UltraError) {
            try await list(key)
        } catch {
            // No list is no outage: the provider answers, it only does not list.
            if error.code != .connectFailed, error.status == 404 || error.status == 405 || error.status == 501 {
                provider.listFromCatalogue(at: WallClock.now)
                listedAt = WallClock.now
            } else {
                failure = error
            }
        }
        let now = WallClock.now
        if failure?.code == .cancelled { return failure }
        provider.lastProbe = ProviderState.ProbeRecord(
            at: now, milliseconds: Double(EventLoop.now - started) / 1e6, error: failure)
        provider.health.record(Blame(failure), failure, key: key, at: now, by: .probe, settings)
        return failure
    }

    private func list(_ key: Int) async throws(UltraError) {
        if case .command(let command) = provider.provider.backend {
            provider.list(try await CommandRelay(command: command).models(), at: WallClock.now)
            listedAt = WallClock.now
            return
        }
        let adapter = try provider.adapter(key: key)
        var models: [DiscoveredModel] = []
        var page: String?
        var pages = 0
        let isFresh = provider.lastProbe?.error?.doubtsConnections == true
        repeat {
            let next = try await Document(daemon.transport, adapter).fetch(
                adapter.listRequest(page: page), Self.timeouts, isFresh: isFresh && pages == 0
            ) { (reader) throws(JSONError) in try adapter.decodeModels(&reader) }
            models += next.models
            page = next.next
            pages += 1
        } while page != nil && pages < Self.pageLimit
        try await details(&models, adapter)
        provider.list(models, at: WallClock.now)
        listedAt = WallClock.now
        try await loading(adapter)
    }

    /// Asks which models are being loaded, where that can be asked.
    private func loading(_ adapter: any Adapter) async throws(UltraError) {
        guard let request = adapter.loadingRequest() else { return }
        do throws(UltraError) {
            let names = try await Document(daemon.transport, adapter).fetch(request, Self.timeouts) {
                (reader) throws(JSONError) in try adapter.decodeLoading(&reader)
            }
            for model in provider.models { model.health.isLoading = names.contains(model.name) }
        } catch {
            // Older servers have no such list, and the list of models stands without it.
            if error.code == .cancelled { throw error }
        }
    }

    /// Asks for what the list does not say of models that are new.
    private func details(_ models: inout [DiscoveredModel], _ adapter: any Adapter) async throws(UltraError) {
        for index in models.indices {
            guard let request = adapter.detailRequest(models[index]) else { continue }
            if let known = provider.model(models[index].id)?.discovered, known.capabilities != nil {
                models[index].fillIn(from: known)
                continue
            }
            var model = models[index]
            do throws(UltraError) {
                model = try await Document(daemon.transport, adapter).fetch(request, Self.timeouts) {
                    (reader) throws(JSONError) in
                    var detailed = model
                    try adapter.decodeDetail(&reader, into: &detailed)
                    return detailed
                }
            } catch {
                // The list stands without it.
                if error.code == .cancelled { throw error }
            }
            models[index] = model
        }
    }
}
