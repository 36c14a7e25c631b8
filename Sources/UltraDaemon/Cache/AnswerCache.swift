internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Keeps answers for equal requests, and lets equal requests in progress share one flight.
@Loop
final class AnswerCache {
    /// Bounds of `replyLimitBytes`, whatever the size of the cache. A flight holds up to that much.
    private static let replyLimit = (256 << 10)...(2 << 20)
    private static let patience = Duration.seconds(2)
    /// Capacity of `canonical` up to which it is reused for the next request.
    private static let keptCapacityBytes = 64 << 10

    let settings: CacheSettings
    private let context: Relay.Context
    private let sha256: SHA256
    private var memory: LeastRecentlyUsed<CacheKey, Reply>
    private var flights: [FlightKey: Flight] = [:]
    private(set) var figures = CacheFigures()
    private var canonical = CanonicalBytes()
    private var clears = 0
    /// The second level, which survives a restart; nil: none.
    private var file: CacheFile?
    /// The file's figures after its last operation.
    private(set) var fileFigures = CacheFile.Figures()

    init(_ context: Relay.Context, _ settings: CacheSettings, _ sha256: SHA256, _ file: CacheFile?) {
        self.context = context
        self.settings = settings
        self.sha256 = sha256
        self.file = file
        memory = LeastRecentlyUsed(limitBytes: settings.memoryBytes)
        guard let file else { return }
        let now = WallClock.now
        Disk.perform { [weak self] in
            let figures = file.open(at: now)
            Loop.perform { self?.fileFigures = figures }
        }
    }

    var memoryBytes: Int { memory.byteCount }
    var entries: Int { memory.count }
    var evictions: Int { memory.evictions }
    var flightCount: Int { flights.count }

    /// The longest content that is kept, in bytes.
    var replyLimitBytes: Int {
        min(Self.replyLimit.upperBound, max(Self.replyLimit.lowerBound, settings.memoryBytes / 8))
    }

    private var lifetimeMilliseconds: Int { settings.ttl.wholeMilliseconds }

    // MARK: - Requests

    /// Answers `call` from the cache, or together with equal requests. Returns false if the request is not cacheable.
    func answer(_ call: Call, _ request: Request, isStream: Bool, timeoutMilliseconds: Int?) -> Bool {
        guard request.cache != .off, let scope = scope(request.model, call.caller.uid) else { return false }
        guard let key = key({ $0.request(request, scope) }) else { return false }
        var sharing = CanonicalBytes()
        sharing.sharing(request, timeoutMilliseconds: timeoutMilliseconds)
        let limit = limit(request.timeouts, timeoutMilliseconds, isStream: isStream)
        let waiter = FlightWaiter(
            call, self, isStream: isStream, wantsProgress: request.wantsProgress, limit: limit)
        admit(
            waiter, FlightKey(key: key, isStream: isStream, sharing: sharing.bytes), .generate(request),
            mode: request.cache, model: scope.models[0].id, timeoutMilliseconds)
        return true
    }

    func answer(_ call: Call, _ request: EmbedRequest, timeoutMilliseconds: Int?) -> Bool {
        guard request.cache != .off, let scope = scope(request.model, call.caller.uid) else { return false }
        guard let key = key({ $0.request(request, scope) }) else { return false }
        var sharing = CanonicalBytes()
        sharing.timeouts(request.timeouts, timeoutMilliseconds)
        let limit = limit(request.timeouts, timeoutMilliseconds, isStream: false)
        let waiter = FlightWaiter(call, self, isStream: false, wantsProgress: false, limit: limit)
        admit(
            waiter, FlightKey(key: key, isStream: false, sharing: sharing.bytes), .embed(request),
            mode: request.cache, model: scope.models[0].id, timeoutMilliseconds)
        return true
    }

    private func admit(
        _ waiter: FlightWaiter, _ key: FlightKey, _ work: FlightWork, mode: CacheMode, model: String,
        _ timeoutMilliseconds: Int?
    ) {
        if mode != .refresh,
            let reply = memory.find(key.key, at: WallClock.now, lifetime: lifetimeMilliseconds)
        {
            guard isAdmitted(waiter.call) else { return }
            figures.hits += 1
            waiter.become(.hit)
            return Flight(reply, key, work, self).join(waiter)
        }
        if let flight = flights[key] {
            guard isAdmitted(waiter.call) else { return }
            figures.coalesced += 1
            waiter.become(.coalesced)
            return flight.join(waiter)
        }
        let flight = Flight(key, work, model: model, epoch: clears, self)
        flights[key] = flight
        flight.join(waiter)
        if mode == .refresh || file == nil {
            figures.misses += 1
            begin(flight, for: waiter.call, timeoutMilliseconds)
        } else {
            beginWithFile(flight, for: waiter.call, timeoutMilliseconds)
        }
    }

    /// Asks the budgets to admit a request that costs nothing. Returns false if they refuse; `call` has ended then.
    func isAdmitted(_ call: Call) -> Bool {
        do throws(UltraError) {
            try context.admission.admitFree(call)
            return true
        } catch {
            call.fail(error)
            return false
        }
    }

    /// Starts a new flight for the waiters that have time left when `flight` timed out.
    func launch(_ waiters: [FlightWaiter], after flight: Flight) {
        guard let first = waiters.first else { return }
        // The new flight is admitted on its behalf, as a request that has a cost.
        context.admission.release(first.call)
        let next = Flight(flight.key, flight.work, model: flight.model, epoch: clears, self)
        flights[next.key] = next
        var limit: Duration? = .zero
        for waiter in waiters {
            limit = waiter.remaining.flatMap { remaining in limit.map { max($0, remaining) } }
            next.join(waiter)
        }
        begin(next, for: first.call, limit?.wholeMilliseconds)
    }

    private func begin(_ flight: Flight, for call: Call, _ timeoutMilliseconds: Int?) {
        flight.begin(for: call) { [self] call in await run(flight, call, timeoutMilliseconds) }
    }

    private func run(_ flight: Flight, _ call: Call, _ timeoutMilliseconds: Int?) async {
        switch flight.work {
        case .generate(var request):
            // A waiter that joins later may want progress.
            request.wantsProgress = true
            await Generation(
                context, call, request, isStream: flight.key.isStream, timeoutMilliseconds: timeoutMilliseconds
            ).run()
        case .embed(let request):
            await Embedding(context, call, request, timeoutMilliseconds: timeoutMilliseconds).run()
        }
    }

    /// As `begin`, after a look into the file.
    private func beginWithFile(_ flight: Flight, for call: Call, _ timeoutMilliseconds: Int?) {
        flight.begin(for: call) { [self] call in
            let reply = await kept(flight.key.key, epoch: flight.epoch)
            if let reason = call.cancellation { return call.fail(reason) }
            guard let reply else {
                figures.misses += 1
                return await run(flight, call, timeoutMilliseconds)
            }
            figures.hits += 1
            flight.found(reply)
        }
    }

    /// Reads the reply from the file into memory; nil if there is none, or the cache was cleared since `epoch`.
    private func kept(_ key: CacheKey, epoch: Int) async -> Reply? {
        guard let file, let kept = await file.find(key.bytes, at: WallClock.now), epoch == clears,
            let reply = ReplyRecord.reply(kept.record)
        else { return nil }
        memory.insert(key, reply, byteCount: reply.byteCount, at: kept.storedAt)
        return reply
    }

    // MARK: - Called by flights

    /// Lets nobody join `flight` any more.
    func gone(_ flight: Flight) {
        if flights[flight.key] === flight { flights[flight.key] = nil }
    }

    /// Keeps the reply of a flight, if it may be kept.
    func keep(_ reply: Reply, of flight: Flight) {
        guard flight.epoch == clears, reply.isKept(settings), isOfNamed(reply, flight) else { return }
        let kept = reply.kept
        let byteCount = kept.byteCount
        guard byteCount <= replyLimitBytes else { return }
        let now = WallClock.now
        memory.insert(flight.key.key, kept, byteCount: byteCount, at: now)
        guard let file else { return }
        let key = flight.key.key.bytes
        Disk.perform { [weak self] in
            let figures = file.insert(key, ReplyRecord.bytes(kept), at: now)
            Loop.perform { self?.fileFigures = figures }
        }
    }

    /// False for the answer of a fallback: the next request should ask the named model again.
    private func isOfNamed(_ reply: Reply, _ flight: Flight) -> Bool {
        let name: String?
        switch flight.work {
        case .generate(let request): name = request.model
        case .embed(let request): name = request.model
        }
        return scope(name, 0)?.models.contains { $0.id == reply.model } ?? false
    }

    func saved(_ microUSD: Int) {
        figures.savedMicroUSD += microUSD
    }

    /// Empties the cache and returns its former size. With a file, that is the file's: memory holds a part of it.
    func clear() async -> CacheFile.Figures {
        var before = CacheFile.Figures(entries: memory.count, bytes: memory.byteCount)
        clears += 1
        memory.removeAll()
        guard let file else { return before }
        before = await file.clear()
        fileFigures = CacheFile.Figures()
        return before
    }

    /// Opens the file anew, because its folder was replaced.
    func reopen() {
        guard let file else { return }
        let now = WallClock.now
        Disk.perform { [weak self] in
            let figures = file.reopen(at: now)
            Loop.perform { self?.fileFigures = figures }
        }
    }

    /// Uses memory only from now on.
    func turnOffFile() {
        guard let file else { return }
        self.file = nil
        fileFigures = CacheFile.Figures()
        Disk.perform { file.close() }
    }

    /// Waits for pending writes to the file. Blocks.
    func finish() {
        guard file != nil else { return }
        _ = Disk.wait(atMost: Self.patience) { true }
    }

    // MARK: - Keys

    /// nil: the model name cannot be resolved; the relay reports that.
    private func scope(_ model: String?, _ uid: UInt32) -> CacheScope? {
        guard let named = try? context.registry.resolved(model), !named.isEmpty else { return nil }
        return CacheScope(
            uid: settings.isShared ? nil : uid,
            models: named.map { candidate in
                var model = CacheScope.Model(id: candidate.id, provider: candidate.provider.id)
                if case .http(let endpoint, _) = candidate.provider.provider.backend { model.endpoint = endpoint.base }
                if case .mock = candidate.target { model.isMock = true }
                return model
            })
    }

    private func key(_ write: (inout CanonicalBytes) -> Void) -> CacheKey? {
        var bytes = CanonicalBytes(reusing: canonical.bytes)
        canonical = CanonicalBytes()
        write(&bytes)
        let key = sha256.digest(of: bytes.bytes)
        if bytes.bytes.capacity <= Self.keptCapacityBytes { canonical = bytes }
        return key
    }

    private func limit(_ timeouts: Timeouts, _ timeoutMilliseconds: Int?, isStream: Bool) -> Duration? {
        if let own = [timeouts.total, timeoutMilliseconds].compactMap({ $0 }).min() { return .milliseconds(own) }
        return isStream ? nil : context.timeouts.unaryTotal
    }
}
