internal import UltraAPI
internal import UltraSystem

/// One client's call that waits for a flight, and sends its client the answer at the pace at which it is read.
@Loop
final class FlightWaiter {
    let call: Call
    let wantsProgress: Bool
    private(set) var position = AnswerLog.Position()
    private unowned let cache: AnswerCache
    private let isStream: Bool
    /// The client's total timeout: monotonic clock, nanoseconds; nil: none.
    private let deadline: UInt64?
    private var state = Answer.CacheState.miss
    private var flight: Flight?
    private var timer: Timer?
    /// `flight.restarts` when the client was sent the first content; nil: it has seen none since the last restart.
    private var startedAfter: Int?
    private var isDraining = false
    /// The event being sent; the array is kept, so that an event costs no allocation.
    private var piece: [AnswerEvent] = []

    /// Nanoseconds that the timer is later than the deadline, so that the flight's own error, which says more, comes
    /// first.
    private static let grace: UInt64 = 20_000_000

    init(_ call: Call, _ cache: AnswerCache, isStream: Bool, wantsProgress: Bool, limit: Duration?) {
        self.call = call
        self.cache = cache
        self.isStream = isStream
        self.wantsProgress = wantsProgress
        deadline = limit.map { call.startedAt + UInt64(max(0, $0.nanoseconds)) }
        call.record.part = .request
    }

    /// False if the deadline is so near that the timer would fire first.
    var hasTimeLeft: Bool { deadline.map { $0 > EventLoop.now + Self.grace } ?? true }

    var remaining: Duration? {
        deadline.map { .nanoseconds(Int64(max(1, Int64($0) - Int64(EventLoop.now)))) }
    }

    /// - Parameter state: of the answer, as far as it is known when the waiter joins; `miss` by default.
    func become(_ state: Answer.CacheState) {
        self.state = state
        call.record.part = .whole
    }

    /// Called by `flight` as it accepts the waiter.
    func joined(_ flight: Flight) {
        self.flight = flight
        if state != .miss, !call.record.hasReachedModel { call.reached(flight.model) }
        guard flight.outcome == nil else { return pump() }
        endIfCancelled()
        if let deadline, timer == nil {
            let timer = Timer { [unowned self] in end(overdue) }
            timer.arm(at: deadline + Self.grace)
            self.timer = timer
        }
        pump()
    }

    private func endIfCancelled() {
        call.onCancel = { [weak self] call in
            guard let self, let reason = call.cancellation else { return }
            // In a task of its own, so that the result of `cancel` comes before the end of the call, as elsewhere.
            Loop.spawn { if self.flight != nil { self.end(reason) } }
        }
    }

    isolated deinit {
        timer?.cancel()
    }

    // MARK: - Sending

    /// Sends as much as the client takes, and the end once everything else is sent.
    func pump() {
        guard let flight, !isDraining else { return }
        if isStream { sendPieces(of: flight) }
        guard let outcome = flight.outcome, !isDraining else { return }
        switch outcome {
        case .failure(let error): end(error)
        case .reply where !isStream && !call.mayBeAnswered:
            endIfCancelled()
            call.memory.wait(self)
        case .reply(let reply): end(reply, flight)
        }
    }

    private func sendPieces(of flight: Flight) {
        if let startedAfter, startedAfter != flight.restarts {
            call.restart()
            self.startedAfter = nil
            position = AnswerLog.Position()
        }
        while !call.isCongested {
            guard let event = flight.log.next(&position) else { return }
            if startedAfter == nil, let origin = flight.origin {
                startedAfter = flight.restarts
                call.start(origin)
            }
            piece.append(event)
            call.receive(piece)
            piece.removeAll(keepingCapacity: true)
        }
        guard !flight.log.isEnd(position) else { return }
        isDraining = true
        Loop.spawn { [self] in
            await call.drained()
            isDraining = false
            pump()
            self.flight?.trim()
        }
    }

    private func end(_ reply: Reply, _ flight: Flight) {
        if flight.isHit {
            if state == .miss {
                // Found in the file: no work was recorded, and the request has not been admitted yet.
                guard cache.isAdmitted(call) else { return leave() }
                call.reached(reply.model)
            }
            become(.hit)
        }
        if state != .miss { cache.saved(reply.costMicroUSD ?? 0) }
        switch reply {
        case .answer(var answer):
            answer.cache = state
            if state != .miss { answer.costMicroUSD = 0 }
            answer.timing = timing(answer.timing, flight)
            record(answer)
            call.end(.success(.answer(answer)))
        case .embeddings(var answer):
            answer.cache = state
            if state != .miss { answer.costMicroUSD = 0 }
            record(Answer(model: answer.model, provider: answer.provider))
            call.end(.success(.embeddings(answer)))
        }
        leave()
    }

    private func end(_ error: UltraError) {
        record(Answer(model: flight?.model ?? "", provider: ""))
        call.fail(error)
        leave()
    }

    /// Records the answer without the use, which is recorded with the request that the provider answered.
    private func record(_ answer: Answer) {
        guard state != .miss else { return }
        var answer = answer
        answer.cache = state
        answer.usage = Usage(inputTokens: 0, outputTokens: 0, source: .measured)
        answer.costMicroUSD = 0
        answer.attempts = []
        call.record.answer = answer
    }

    private func leave() {
        timer?.cancel()
        call.onCancel = nil
        call.memory.stopWaiting(self)
        let flight = self.flight
        self.flight = nil
        flight?.leave(self)
    }

    /// The timing as the client saw it.
    private func timing(_ work: Timing, _ flight: Flight) -> Timing {
        var timing = Timing()
        let now = EventLoop.now
        timing.total = Double(now - call.startedAt) / 1e6
        if state == .miss { timing.queue = work.queue }
        if flight.isHit {
            timing.firstToken = timing.total
        } else if let first = flight.firstContentAt {
            timing.firstToken = first > call.startedAt ? Double(first - call.startedAt) / 1e6 : 0
        }
        return timing
    }

    private var overdue: UltraError {
        UltraError(
            .timeout, "the answer was not complete in time: the total timer ran out",
            hint: "allow more time, or use stream", timeout: .total, model: flight?.model, isRetryable: true)
    }
}

/// A reply is kept once for all waiters, an answer for each: a user whose clients are behind with reading gets the
/// answers one after the other.
extension FlightWaiter: RoomWaiter {
    var user: ByteAccount.User { call.user }

    func roomMayBeFree() -> Bool {
        guard call.mayBeAnswered else { return false }
        pump()
        return true
    }
}
