internal import UltraAPI
internal import UltraSystem

/// Requests with equal keys share a flight.
struct FlightKey: Hashable, Sendable {
    var key: CacheKey
    var isStream: Bool
    /// Canonical bytes of fallbacks and timeouts, which are those of the flight.
    var sharing: [UInt8]
}

/// The request that a flight sends upstream.
enum FlightWork {
    case generate(Request)
    case embed(EmbedRequest)
}

/// One upstream request for all equal requests at the same time: the sink of the relay, which fans its answer out to
/// the waiters. It is cancelled when the last waiter leaves.
///
/// Each waiter reads the recorded answer at its own pace, so a late one catches up and a slow one delays nobody, as long
/// as the answer is short enough to be kept. Beyond that length nobody can join any more, and the slowest waiter holds
/// the upstream back.
@Loop
final class Flight {
    enum Outcome {
        case reply(Reply)
        case failure(UltraError)
    }

    let key: FlightKey
    let work: FlightWork
    /// The model named in events until one has answered.
    let model: String
    private let cache: AnswerCache
    /// The call that does the work; nil for a cache hit.
    private(set) var call: Call?
    /// The number of times the cache had been cleared at the start: an answer requested before a clear is not kept.
    let epoch: Int

    private(set) var log = AnswerLog()
    /// How often the answer has begun again.
    private(set) var restarts = 0
    /// Names the model that answers; nil until content comes.
    private(set) var origin: Answer?
    /// Monotonic clock, nanoseconds.
    private(set) var firstContentAt: UInt64?
    private(set) var outcome: Outcome?
    /// True if the answer was found in the cache.
    private(set) var isHit = false
    /// True if the answer is too long to be kept.
    private(set) var isOutgrown = false
    private var waiters: [ObjectIdentifier: FlightWaiter] = [:]
    private var drainWaiters: [UnsafeContinuation<Void, Never>] = []

    init(_ key: FlightKey, _ work: FlightWork, model: String, epoch: Int, _ cache: AnswerCache) {
        self.key = key
        self.work = work
        self.model = model
        self.epoch = epoch
        self.cache = cache
    }

    /// A flight that has ended with a kept `reply`, for a single waiter.
    convenience init(_ reply: Reply, _ key: FlightKey, _ work: FlightWork, _ cache: AnswerCache) {
        self.init(key, work, model: reply.model, epoch: 0, cache)
        isHit = true
        complete(reply)
    }

    // MARK: - Waiters

    func join(_ waiter: FlightWaiter) {
        waiters[ObjectIdentifier(waiter)] = waiter
        waiter.joined(self)
    }

    /// Removes `waiter`. The last one to leave cancels the work.
    func leave(_ waiter: FlightWaiter) {
        guard waiters.removeValue(forKey: ObjectIdentifier(waiter)) != nil else { return }
        if waiters.isEmpty, outcome == nil {
            cache.gone(self)
            call?.cancel(UltraError(.cancelled, "nobody waits for the answer any more"))
        }
        trim()
    }

    /// Starts the work on behalf of `first`.
    func begin(for first: Call, _ body: @escaping @Loop (Call) async -> Void) {
        let call = Call(sharing: first, to: self)
        self.call = call
        call.run { await body(call) }
    }

    /// Ends with a reply from the file of the cache.
    func found(_ reply: Reply) {
        cache.gone(self)
        isHit = true
        complete(reply)
        call?.end(.success(reply.result))
    }

    private func complete(_ reply: Reply) {
        outcome = .reply(reply)
        if case .answer(let answer) = reply, isHit || origin == nil {
            if isHit, key.isStream { log = AnswerLog(answer) }
            origin = answer
        }
        pump()
    }

    private func pump() {
        guard outcome != nil, waiters.count > 1 else {
            for waiter in Array(waiters.values) { waiter.pump() }
            return
        }
        // A client that reads its answers one after the other expects the one to its earliest request first.
        for waiter in waiters.values.sorted(by: { $0.call.record.number < $1.call.record.number }) { waiter.pump() }
    }

    /// Forgets what all waiters have read of an answer that will not be kept.
    func trim() {
        guard isOutgrown else { return }
        if let slowest = waiters.values.lazy.map(\.position).min() { log.drop(before: slowest) }
        guard !isCongested || waiters.isEmpty else { return }
        let waiting = drainWaiters
        drainWaiters = []
        for waiter in waiting { waiter.resume() }
    }
}

// MARK: - What the work brings

extension Flight: AnswerSink {
    func start(_ answer: Answer) {
        origin = answer
        firstContentAt = firstContentAt ?? EventLoop.now
    }

    func receive(_ events: [AnswerEvent]) {
        for event in events { log.append(event) }
        if !isOutgrown, log.byteCount > cache.replyLimitBytes {
            isOutgrown = true
            cache.gone(self)
        }
        pump()
        trim()
    }

    func restart() {
        restarts += 1
        log = AnswerLog()
        origin = nil
    }

    func progress(_ progress: RequestProgress) {
        for waiter in waiters.values where waiter.wantsProgress { waiter.call.progress(progress) }
    }

    /// Never called: flights share answers, not subscriptions.
    func feed(_ event: FeedEvent) {}

    func end(_ result: Result<ResultBody, UltraError>) {
        guard outcome == nil else { return }
        cache.gone(self)
        switch result {
        case .success(.answer(let answer)):
            succeed(.answer(key.isStream && !isOutgrown ? log.completed(answer) : answer))
        case .success(.embeddings(let answer)): succeed(.embeddings(answer))
        case .success(.report): break
        case .failure(let error): fail(error)
        }
    }

    private func succeed(_ reply: Reply) {
        complete(reply)
        if !isOutgrown { cache.keep(reply, of: self) }
    }

    private func fail(_ error: UltraError) {
        let rest = error.timeout == .total && log.isEmpty ? waiters.values.filter(\.hasTimeLeft) : []
        for waiter in rest { waiters[ObjectIdentifier(waiter)] = nil }
        outcome = .failure(error)
        pump()
        // Later waiters have time left: they try again together.
        cache.launch(rest, after: self)
    }

    /// True if more is unread than an answer that is kept may be long.
    var isCongested: Bool { isOutgrown && log.byteCount > cache.replyLimitBytes }

    func drained() async {
        while isCongested, !waiters.isEmpty {
            await withUnsafeContinuation(isolation: Loop.shared) { drainWaiters.append($0) }
        }
    }
}
