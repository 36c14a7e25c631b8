internal import UltraAPI
internal import UltraSystem

/// One upstream call for all who ask the same at the same time. It lives as long as one of them wants it.
///
/// What arrives is written down once and handed to each at its own pace: who joins late gets what there is and then the
/// rest, and who reads slowly keeps nobody waiting, as long as the answer is one that may be kept anyway. A longer one
/// is held back by the slowest of its readers, and nobody joins it any more.
@Loop
final class Flight {
    enum Outcome {
        case reply(Reply)
        case failure(UltraError)
    }

    let key: FlightKey
    let work: FlightWork
    /// Named in events before anybody has answered.
    let model: String
    private let cache: AnswerCache
    /// The call in whose name the work is done; it has no client.
    private(set) var call: Call?
    /// How often the cache had been cleared when it began: what was asked before a clear is not kept after it.
    let epoch: Int

    private(set) var log = AnswerLog()
    /// How often the answer has begun again.
    private(set) var restarts = 0
    /// The answer as its first content found it: who answers.
    private(set) var origin: Answer?
    /// By the monotonic clock, in nanoseconds.
    private(set) var firstContentAt: UInt64?
    private(set) var outcome: Outcome?
    /// It was found in the cache's second level.
    private(set) var isHit = false
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

    /// One that is over: `reply` for a single waiter.
    convenience init(_ reply: Reply, _ key: FlightKey, _ work: FlightWork, _ cache: AnswerCache) {
        self.init(key, work, model: reply.model, epoch: 0, cache)
        isHit = true
        land(reply)
    }

    var waiterCount: Int { waiters.count }

    // MARK: - Waiters

    func join(_ waiter: FlightWaiter) {
        waiters[ObjectIdentifier(waiter)] = waiter
        waiter.board(self)
    }

    /// `waiter` has what it wanted, or wants it no more. The last one to leave ends the work.
    func leave(_ waiter: FlightWaiter) {
        guard waiters.removeValue(forKey: ObjectIdentifier(waiter)) != nil else { return }
        if waiters.isEmpty, outcome == nil {
            cache.gone(self)
            call?.cancel(UltraError(.cancelled, "nobody waits for the answer any more"))
        }
        trim()
    }

    /// Begins the work, in the name of `first`.
    func take(off first: Call, _ body: @escaping @Loop (Call) async -> Void) {
        let call = Call(sharedBy: first, self)
        self.call = call
        call.run { await body(call) }
    }

    // MARK: - What the work brings

    /// Takes in pieces of the answer; `answer` tells who gives it.
    func receive(_ events: [AnswerEvent], of answer: Answer) {
        if origin == nil, events.contains(where: Self.isContent) {
            origin = answer
            firstContentAt = firstContentAt ?? EventLoop.now
        }
        guard key.isStream else { return }
        for event in events { log.append(event) }
        if !isOutgrown, log.byteCount > cache.replyLimitBytes {
            isOutgrown = true
            cache.gone(self)
        }
        pump()
        trim()
    }

    private static func isContent(_ event: AnswerEvent) -> Bool {
        switch event {
        case .text, .reasoning, .reasoningSignature, .toolCall: true
        case .providerModel, .usage, .finish, .warning: false
        }
    }

    /// All that was said is void.
    func restarted() {
        restarts += 1
        log = AnswerLog()
        origin = nil
    }

    /// The work is done.
    func ended(_ reply: Reply) {
        guard outcome == nil else { return }
        cache.gone(self)
        if case .answer(let answer) = reply, key.isStream, !isOutgrown {
            land(.answer(log.completed(answer)))
        } else {
            land(reply)
        }
        if !isOutgrown, case .reply(let whole) = outcome { cache.keep(whole, of: self) }
    }

    /// It was in the second level of the cache all along.
    func found(_ reply: Reply) {
        cache.gone(self)
        isHit = true
        land(reply)
        call?.end { _, _ in }
    }

    func failed(_ error: UltraError) {
        guard outcome == nil else { return }
        cache.gone(self)
        let rest = error.timeout == .total && log.isEmpty ? waiters.values.filter(\.hasTimeLeft) : []
        for waiter in rest { waiters[ObjectIdentifier(waiter)] = nil }
        outcome = .failure(error)
        pump()
        // Who came later has time left: together they try again.
        cache.launch(rest, after: self)
    }

    /// Progress of the work, for those who asked for it.
    func tell(_ write: (inout FrameWriter, Int) -> Void) {
        for waiter in waiters.values where waiter.wantsProgress { waiter.call.send(write) }
    }

    private func land(_ reply: Reply) {
        outcome = .reply(reply)
        if case .answer(let answer) = reply, isHit || origin == nil {
            if isHit, key.isStream { log = AnswerLog(answer) }
            origin = answer
        }
        pump()
    }

    private func pump() {
        for waiter in Array(waiters.values) { waiter.pump() }
    }

    // MARK: - The slowest

    /// More is unread than any answer that is kept may be long.
    var isCongested: Bool { isOutgrown && log.byteCount > cache.replyLimitBytes }

    /// Waits until the slowest have read on, or are gone.
    func drained() async {
        while isCongested, !waiters.isEmpty {
            await withUnsafeContinuation(isolation: Loop.shared) { drainWaiters.append($0) }
        }
    }

    /// Forgets what everybody has read, once it will not be kept.
    func trim() {
        guard isOutgrown else { return }
        if let slowest = waiters.values.lazy.map(\.position).min() { log.drop(before: slowest) }
        guard !isCongested || waiters.isEmpty else { return }
        let waiting = drainWaiters
        drainWaiters = []
        for waiter in waiting { waiter.resume() }
    }
}
