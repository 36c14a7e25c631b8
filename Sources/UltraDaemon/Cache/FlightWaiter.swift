internal import UltraAPI
internal import UltraSystem

/// One client's call that waits for a flight, and sends its client the answer at the pace at which it is read.
@Loop
final class FlightWaiter {
    let call: Call
    let wantsProgress: Bool
    private(set) var position = AnswerLog.Position()
    private let daemon: Daemon
    private let isStream: Bool
    /// The client's total timeout: monotonic clock, nanoseconds; nil: none.
    private let deadline: UInt64?
    private var state: Answer.CacheState
    /// True if the books have been told of this request; the request that began the flight is told of by the relay.
    private var isCounted = false
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

    init(_ call: Call, _ daemon: Daemon, isStream: Bool, wantsProgress: Bool, limit: Duration?) {
        self.call = call
        self.daemon = daemon
        self.isStream = isStream
        self.wantsProgress = wantsProgress
        deadline = limit.map { call.startedAt + UInt64(max(0, $0.nanoseconds)) }
        state = .miss
    }

    /// False if the deadline is so near that the timer would fire first.
    var hasTimeLeft: Bool { deadline.map { $0 > EventLoop.now + Self.grace } ?? true }

    var remaining: Duration? {
        deadline.map { .nanoseconds(Int64(max(1, Int64($0) - Int64(EventLoop.now)))) }
    }

    /// - Parameter state: of the answer, as far as it is known when the waiter joins; `miss` by default.
    func become(_ state: Answer.CacheState) {
        self.state = state
    }

    /// Called by `flight` as it accepts the waiter.
    func joined(_ flight: Flight) {
        self.flight = flight
        if !isCounted, state != .miss {
            isCounted = true
            daemon.requestBegan(call, model: flight.model)
        }
        guard flight.outcome == nil else { return pump() }
        call.onCancel = { [weak self] call in
            guard let self, let reason = call.cancellation else { return }
            // In a task of its own, so that the result of `cancel` comes before the end of the call, as elsewhere.
            Loop.spawn { if self.flight != nil { self.end(reason) } }
        }
        if let deadline, timer == nil {
            let timer = Timer { [unowned self] in end(overdue) }
            timer.arm(at: deadline + Self.grace)
            self.timer = timer
        }
        pump()
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
        let isHit = flight.isHit
        if isHit {
            if state == .miss {
                // Found in the file: the request that began the flight has not been admitted yet.
                do throws(UltraError) { try daemon.admitFree(call) } catch { return refuse(error) }
            }
            state = .hit
        }
        let isPaid = state == .miss
        if !isPaid { daemon.cache?.saved(reply.costMicroUSD ?? 0) }
        switch reply {
        case .answer(var answer):
            answer.cache = state
            if !isPaid { answer.costMicroUSD = 0 }
            answer.timing = timing(answer.timing, flight)
            call.end(.success(.answer(answer)))
            count(answer, nil)
        case .embeddings(var answer):
            answer.cache = state
            if !isPaid { answer.costMicroUSD = 0 }
            call.end(.success(.embeddings(answer)))
            var counted = Answer(model: answer.model, provider: answer.provider)
            counted.cache = state
            counted.costMicroUSD = answer.costMicroUSD
            count(counted, nil)
        }
        leave()
    }

    private func end(_ error: UltraError) {
        call.fail(error)
        var answer = Answer(model: flight?.model ?? "", provider: "")
        answer.cache = state
        count(answer, error)
        leave()
    }

    /// Ends a request that a budget refuses. As with any such request, the books are not told.
    private func refuse(_ error: UltraError) {
        call.fail(error)
        leave()
    }

    private func leave() {
        timer?.cancel()
        call.onCancel = nil
        let flight = self.flight
        self.flight = nil
        flight?.leave(self)
    }

    private func count(_ answer: Answer, _ error: UltraError?) {
        var answer = answer
        if state != .miss {
            // The use is counted with the request that the provider answered.
            answer.usage = Usage(inputTokens: 0, outputTokens: 0, source: .measured)
            answer.costMicroUSD = 0
            answer.attempts = []
        }
        if isCounted {
            daemon.requestEnded(call, answer, error)
        } else if state == .hit {
            // Found in the file: no work has been told of.
            daemon.requestBegan(call, model: answer.model)
            daemon.requestEnded(call, answer, error)
        }
    }

    /// The timing as this client saw it.
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
