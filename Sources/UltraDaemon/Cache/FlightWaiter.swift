internal import UltraAPI
internal import UltraSystem

/// One client's request that waits for a flight.
@Loop
final class FlightWaiter {
    let call: Call
    let wantsProgress: Bool
    private(set) var position = AnswerLog.Position()
    private let daemon: Daemon
    private let isStream: Bool
    /// When the client wants no answer any more, by the monotonic clock in nanoseconds; nil: never.
    private let deadline: UInt64?
    private var state: Answer.CacheState
    /// Its request is counted by itself: it is not the one in whose name the flight works.
    private var isCounted = false
    private var flight: Flight?
    private var timer: Timer?
    /// `start` was sent, for so many restarts of the flight.
    private var startedAfter: Int?
    private var isDraining = false

    /// A flight's own end comes before that of who waits for it: it says more.
    private static let grace: UInt64 = 20_000_000

    init(_ call: Call, _ daemon: Daemon, isStream: Bool, wantsProgress: Bool, limit: Duration?) {
        self.call = call
        self.daemon = daemon
        self.isStream = isStream
        self.wantsProgress = wantsProgress
        deadline = limit.map { call.startedAt + UInt64(max(0, $0.nanoseconds)) }
        state = .miss
    }

    /// More than the moment it takes to say that there is none.
    var hasTimeLeft: Bool { deadline.map { $0 > EventLoop.now + Self.grace } ?? true }

    var remaining: Duration? {
        deadline.map { .nanoseconds(Int64(max(1, Int64($0) - Int64(EventLoop.now)))) }
    }

    /// - Parameter state: how its answer comes about, as the flight begins.
    func become(_ state: Answer.CacheState) {
        self.state = state
    }

    /// Waits for `flight` from now on.
    func board(_ flight: Flight) {
        self.flight = flight
        if !isCounted, state != .miss {
            isCounted = true
            daemon.requestBegan(call, model: flight.model)
        }
        guard flight.outcome == nil else { return pump() }
        call.onCancel = { [weak self] call in
            guard let self, let reason = call.cancellation else { return }
            // As of any other request, its end comes after the answer to the cancel.
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

    // MARK: - Out

    /// Sends what the client can take, and the end when everything else is sent.
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
            call.send { $0.restart($1) }
            self.startedAfter = nil
            position = AnswerLog.Position()
        }
        while !call.isCongested {
            guard let event = flight.log.next(&position) else { return }
            if startedAfter == nil, let origin = flight.origin {
                startedAfter = flight.restarts
                call.send { $0.start($1, origin) }
            }
            call.send { $0.event($1, event) }
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
                // The second level of the cache had it: the request that asked there is admitted only now.
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
            if isStream, startedAfter == nil { call.send { $0.start($1, answer) } }
            call.end { [isStream] in isStream ? $0.done($1, answer) : $0.result($1, answer) }
            count(answer, nil)
        case .embeddings(var answer):
            answer.cache = state
            if !isPaid { answer.costMicroUSD = 0 }
            call.end { $0.result($1, answer) }
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

    /// As every request that a budget refuses, it is in no book.
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
            // What another request used is counted there.
            answer.usage = Usage(inputTokens: 0, outputTokens: 0, source: .measured)
            answer.costMicroUSD = 0
            answer.attempts = []
        }
        if isCounted {
            daemon.requestEnded(call, answer, error)
        } else if state == .hit {
            // Nobody's work began for it: the second level of the cache had the answer.
            daemon.requestBegan(call, model: answer.model)
            daemon.requestEnded(call, answer, error)
        }
    }

    /// The times as this client saw them.
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
