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
    /// The last list lacks models that the one before had: a second look decides.
    private var isInDoubt = false
    private var details: ModelDetails?
    private var timer = Timer {}
    /// When the timer fires, in milliseconds of `WallClock`.
    private var wakesAt = 0
    private var sleeper: UnsafeContinuation<Void, Never>?
    /// The probe that is under way.
    private var looking: Task<Void, Never>?
    /// Clients that wait for it.
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
        details?.cancel()
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

    /// The schedule was moved. One that wakes too early sleeps on, so that a request that succeeds costs no timer.
    func reschedule() {
        guard sleeper != nil, let next = provider.schedule.nextAt, next < wakesAt else { return }
        wakesAt = next
        timer.arm(after: .milliseconds(max(0, next - WallClock.now)))
    }

    /// A client wants to know. The outcome of a moment ago is the answer, unless something has failed since; and however
    /// many ask, the provider is asked once a second.
    func beginForClient() {
        guard let last = provider.lastProbe else { return begin() }
        let reuse = settings.probeReuse.wholeMilliseconds
        let age = WallClock.now - last.at
        let hasFailedSince = provider.health.lastFailure.map { $0.at > last.at } ?? false
        if age < reuse, !hasFailedSince { return }
        begin(after: min(Self.spacingMilliseconds, reuse) - age)
    }

    private static let spacingMilliseconds = 1000

    /// Probes now, or after a pause, unless a probe is under way, which serves the caller as well. It belongs to nobody: a
    /// client that goes away does not end it for the others.
    func begin(after milliseconds: Int = 0) {
        guard looking == nil else { return }
        looking = Loop.spawn { [self] in
            if milliseconds > 0 { await pause(milliseconds) }
            await look()
            await details?.end(within: Self.detailPatience)
            looking = nil
            let served = waiters.values
            waiters = [:]
            for waiter in served { waiter.resume() }
        }
    }

    /// The list stands without what is asked of single models: a probe waits no longer for that.
    private static let detailPatience = Duration.seconds(1)

    private func pause(_ milliseconds: Int) async {
        do throws(CancellationError) {
            try await Loop.sleep(for: .milliseconds(milliseconds))
        } catch {
            // The exchange that follows ends at once.
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
            if Blame(failure, isOnThisMachine: provider.isOnThisMachine) == .absentServer {
                provider.schedule.isAbsent(at: now, settings)
            } else {
                provider.schedule.failed(at: now, retryAfter: failure.retryAfterMilliseconds, settings)
            }
            daemon.log.warning(
                "probe failed",
                metadata: ["ultra_provider": "\(provider.id)", "ultra_error_code": "\(failure.code.rawValue)"])
        } else {
            provider.schedule.succeeded(at: now, random: .random(in: 0..<1), settings)
            daemon.registry.probeSucceeded(provider)
        }
        if isInDoubt { provider.schedule.look(at: now + ModelHealth.absenceMilliseconds + 100) }
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
        let blame = Blame(failure, isOnThisMachine: provider.isOnThisMachine)
        provider.health.record(
            blame, failure, keeping: failure.map { Failure($0, prompt: nil, at: now) }, key: key, at: now, by: .probe,
            settings)
        return failure
    }

    private func list(_ key: Int) async throws(UltraError) {
        if case .command(let command) = provider.provider.backend {
            await take(try await CommandRelay(command: command).models())
            return
        }
        let adapter = try provider.adapter(key: key)
        var models: [DiscoveredModel] = []
        var page: String?
        var pages = 0
        let isFresh = provider.lastProbe?.error?.doubtsConnections == true
        repeat {
            let document = Document(daemon.transport, adapter, limitBytes: daemon.limits.replyBytes)
            let body = try await document.fetch(
                adapter.listRequest(page: page), Self.timeouts, isFresh: isFresh && pages == 0)
            page = try await read(body, adapter, document, &models)
            pages += 1
        } while page != nil && pages < Self.pageLimit
        let unknown = fillIn(&models, adapter)
        await take(models)
        if !unknown.isEmpty {
            details = details ?? ModelDetails(provider, daemon)
            details?.ask(unknown, adapter)
        }
        try await loading(adapter)
    }

    /// Reads a page in pieces, between which others have their turn; returns what the next page is asked by.
    private func read(
        _ body: [UInt8], _ adapter: any Adapter, _ document: Document, _ models: inout [DiscoveredModel]
    ) async throws(UltraError) -> String? {
        var next: String?
        do throws(NotAModelList) {
            var text = ModelListText(body, adapter.listForm)
            while try text.scan() { await giveWay() }
            for index in 0..<text.pieceCount {
                if index > 0 { await giveWay() }
                let page = try text.decode(index, by: adapter)
                models += page.models
                next = page.next ?? next
            }
        } catch {
            throw document.unexpected("with \(error.words) in place of its list of models")
        }
        return next
    }

    /// Takes the list in, in pieces.
    private func take(_ models: [DiscoveredModel]) async {
        let now = WallClock.now
        var merge = ProviderState.ListMerge()
        for start in stride(from: 0, to: models.count, by: ModelListText.pieceLength) {
            if start > 0 { await giveWay() }
            provider.merge(models[start..<min(start + ModelListText.pieceLength, models.count)], into: &merge, at: now)
        }
        if models.count > ModelListText.pieceLength { await giveWay() }
        let known = provider.unkeptModels
        isInDoubt = provider.finish(merge, at: now)
        listedAt = now
        if provider.unkeptModels > 0, known == 0 {
            daemon.log.warning(
                "a provider lists more models than are kept",
                metadata: ["ultra_provider": "\(provider.id)", "ultra_models": "\(provider.unkeptModels)"])
        }
    }

    /// Lets everything else that is due have its turn.
    private func giveWay() async { await pause(1) }

    /// Asks which models are being loaded, where that can be asked.
    private func loading(_ adapter: any Adapter) async throws(UltraError) {
        guard let request = adapter.loadingRequest() else { return }
        do throws(UltraError) {
            let document = Document(daemon.transport, adapter, limitBytes: daemon.limits.replyBytes)
            let names = try await document.fetch(request, Self.timeouts) { (reader) throws(JSONError) in
                try adapter.decodeLoading(&reader)
            }
            for model in provider.models { model.health.isLoading = names.contains(model.name) }
        } catch {
            // Older servers have no such list, and the list of models stands without it.
            if error.code == .cancelled { throw error }
        }
    }

    /// Adds what is known of models already and their list does not say; returns those of which it is not known.
    private func fillIn(_ models: inout [DiscoveredModel], _ adapter: any Adapter) -> [DiscoveredModel] {
        var unknown: [DiscoveredModel] = []
        for index in models.indices where adapter.detailRequest(models[index]) != nil {
            if let known = provider.model(models[index].id)?.discovered, known.capabilities != nil {
                models[index].fillIn(from: known)
            } else {
                unknown.append(models[index])
            }
        }
        return unknown
    }
}
