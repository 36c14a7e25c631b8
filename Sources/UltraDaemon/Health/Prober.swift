internal import Logging
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// The prober of one provider. A probe requests the provider's list of models, which is free: it shows that host and
/// key work, and updates the registry. Successful live requests postpone it, but the list is read at least once every
/// `discovery_interval`. One task per provider.
@Loop
final class Prober {
    static let pageLimit = 100
    private static let timeouts = ExchangeTimeouts(connect: .seconds(5), total: .seconds(30))

    let provider: ProviderState
    private let context: ProbeContext
    private var listedAt: Int?
    /// True if the last list lacks models that the one before had; a second list will decide.
    private var isInDoubt = false
    private var details: ModelDetails?
    private var timer = Timer {}
    /// When the timer fires, in milliseconds of `WallClock`.
    private var wakesAt = 0
    /// `run`, while it sleeps.
    private var sleeper: UnsafeContinuation<Void, Never>?
    /// The running probe; nil: none runs.
    private var probing: Task<Void, Never>?
    /// Callers of `end`, by number.
    private var waiters: [Int: UnsafeContinuation<Void, Never>] = [:]
    private var waiterCount = 0

    init(_ provider: ProviderState, _ context: ProbeContext) {
        self.provider = provider
        self.context = context
        timer.onFire = { [unowned self] in wake() }
    }

    private var settings: HealthSettings { context.configuration.health }

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
        probing?.cancel()
        details?.cancel()
    }

    /// Sleeps for `milliseconds`, or until `wake` is called or the task is cancelled.
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

    /// Wakes earlier if the schedule moved forward. If it moved back, the timer stays and `run` sleeps again, so that a
    /// successful request does not set a timer.
    func reschedule() {
        guard sleeper != nil, let next = provider.schedule.nextAt, next < wakesAt else { return }
        wakesAt = next
        timer.arm(after: .milliseconds(max(0, next - WallClock.now)))
    }

    /// Begins a probe for a client. The last probe is reused if it is younger than `probe_reuse` and nothing has failed
    /// since. The provider gets at most one probe per second, however many clients ask.
    func beginForClient() {
        guard let last = provider.lastProbe else { return begin() }
        let reuse = settings.probeReuse.wholeMilliseconds
        let age = WallClock.now - last.at
        let hasFailedSince = provider.health.lastFailure.map { $0.at > last.at } ?? false
        if age < reuse, !hasFailedSince { return }
        begin(after: min(Self.spacingMilliseconds, reuse) - age)
    }

    private static let spacingMilliseconds = 1000

    /// Begins a probe now or after `milliseconds`; a probe that runs already serves this caller too. Its task is
    /// independent of the callers: cancelling one of them does not cancel the probe.
    func begin(after milliseconds: Int = 0) {
        guard probing == nil else { return }
        probing = Loop.spawn { [self] in
            if milliseconds > 0 { await pause(milliseconds) }
            await probe()
            await details?.end(within: Self.detailPatience)
            probing = nil
            let served = waiters.values
            waiters = [:]
            for waiter in served { waiter.resume() }
        }
    }

    /// The longest time that a probe waits for the details of single models, which the list does not need.
    private static let detailPatience = Duration.seconds(1)

    private func pause(_ milliseconds: Int) async {
        do throws(CancellationError) {
            try await Loop.sleep(for: .milliseconds(milliseconds))
        } catch {
            // The task is cancelled, so the exchange that follows ends at once.
        }
    }

    /// Returns when no probe runs, or when the caller's task is cancelled.
    func end() async {
        guard probing != nil else { return }
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

    private func probe() async {
        var failure: UltraError?
        for key in provider.health.keysToProbe {
            failure = await probe(with: key)
            // One accepted key is enough.
            guard failure?.code == .authentication else { break }
        }
        if failure?.code == .cancelled { return }
        let now = WallClock.now
        if let failure {
            if FailureScope(failure, isOnThisMachine: provider.isOnThisMachine) == .absentServer {
                provider.schedule.absent(at: now, settings)
            } else {
                provider.schedule.failed(at: now, retryAfter: failure.retryAfterMilliseconds, settings)
            }
            context.log.warning(
                "probe failed",
                metadata: ["ultra_provider": "\(provider.id)", "ultra_error_code": "\(failure.code.rawValue)"])
        } else {
            provider.schedule.succeeded(at: now, random: .random(in: 0..<1), settings)
            context.registry.probeSucceeded(provider)
        }
        if isInDoubt { provider.schedule.probe(noLaterThan: now + ModelHealth.absenceMilliseconds + 100) }
        context.registry.note(provider, nil, reason: failure?.code.rawValue ?? "probe")
    }

    /// Requests the list with one key and records the outcome.
    private func probe(with key: Int) async -> UltraError? {
        let started = EventLoop.now
        var failure: UltraError?
        do throws(UltraError) {
            try await list(key)
        } catch {
            // A provider without a list of models is not a failed one.
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
        let scope = FailureScope(failure, isOnThisMachine: provider.isOnThisMachine)
        provider.health.record(
            scope, failure, keeping: failure.map { Failure($0, prompt: nil, at: now) }, key: key, at: now, by: .probe,
            settings)
        return failure
    }

    private func list(_ key: Int) async throws(UltraError) {
        if case .command(let command) = provider.provider.backend {
            await merge(try await CommandRelay(command: command).models())
            return
        }
        let adapter = try provider.adapter(key: key)
        var models: [DiscoveredModel] = []
        var page: String?
        var pages = 0
        let isFresh = provider.lastProbe?.error?.doubtsConnections == true
        repeat {
            let document = Document(context.transport, adapter, limitBytes: context.limits.replyBytes)
            let body = try await document.fetch(
                adapter.listRequest(page: page), Self.timeouts, isFresh: isFresh && pages == 0)
            page = try await read(body, adapter, document, &models)
            pages += 1
        } while page != nil && pages < Self.pageLimit
        let unknown = fillIn(&models, adapter)
        await merge(models)
        if !unknown.isEmpty {
            details = details ?? ModelDetails(provider, context)
            details?.request(unknown, adapter)
        }
        try await updateLoading(adapter)
    }

    /// Appends a page's models to `models`, in pieces between which the loop runs other work.
    /// - Returns: the token of the next page; nil: this is the last one.
    private func read(
        _ body: [UInt8], _ adapter: any Adapter, _ document: Document, _ models: inout [DiscoveredModel]
    ) async throws(UltraError) -> String? {
        var next: String?
        do throws(NotAModelList) {
            var text = ModelListText(body, adapter.listForm)
            while try text.scan() { await yieldLoop() }
            for index in 0..<text.pieceCount {
                if index > 0 { await yieldLoop() }
                let page = try text.decode(index, by: adapter)
                models += page.models
                next = page.next ?? next
            }
        } catch {
            throw document.unexpected("with \(error.words) in place of its list of models")
        }
        return next
    }

    /// Merges the complete list into the provider's models, in pieces between which the loop runs other work.
    private func merge(_ models: [DiscoveredModel]) async {
        let now = WallClock.now
        var merge = ProviderState.ListMerge()
        for start in stride(from: 0, to: models.count, by: ModelListText.pieceLength) {
            if start > 0 { await yieldLoop() }
            provider.merge(models[start..<min(start + ModelListText.pieceLength, models.count)], into: &merge, at: now)
        }
        if models.count > ModelListText.pieceLength { await yieldLoop() }
        let known = provider.unkeptModels
        isInDoubt = provider.finish(merge, at: now)
        listedAt = now
        if provider.unkeptModels > 0, known == 0 {
            context.log.warning(
                "a provider lists more models than are kept",
                metadata: ["ultra_provider": "\(provider.id)", "ultra_models": "\(provider.unkeptModels)"])
        }
    }

    /// Lets the loop run other due work.
    private func yieldLoop() async { await pause(1) }

    /// Requests which models are being loaded, if the provider's API has such a request.
    private func updateLoading(_ adapter: any Adapter) async throws(UltraError) {
        guard let request = adapter.loadingRequest() else { return }
        do throws(UltraError) {
            let document = Document(context.transport, adapter, limitBytes: context.limits.replyBytes)
            let names = try await document.fetch(request, Self.timeouts) { (reader) throws(JSONError) in
                try adapter.decodeLoading(&reader)
            }
            for model in provider.models { model.health.isLoading = names.contains(model.name) }
        } catch {
            // Older servers lack this request; the list of models is complete without it.
            if error.code == .cancelled { throw error }
        }
    }

    /// Copies the details of known models into `models`.
    /// - Returns: the models whose details must be requested.
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
