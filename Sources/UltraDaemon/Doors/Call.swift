internal import UltraAPI
internal import UltraSystem

/// One request in the daemon, from its admission to its end.
///
/// Everything that works on it writes into it. It passes that on to the sink behind it until it has ended, which it does
/// exactly once, and it charges the user's account of bytes for what the request makes the daemon hold.
@Loop
final class Call {
    /// Unique among the calls of this process.
    let number: Int
    let startedAt = EventLoop.now
    let caller: Caller
    let operation: OperationName
    /// For the ledger and the budgets.
    var use = CallUse()
    /// The account of bytes that is charged.
    let user: ByteAccount.User
    let memory: HeldBytes
    /// Length of the request as it was received.
    let requestBytes: Int
    /// nil: the call has ended.
    private var sink: (any AnswerSink)?
    private let ownsAccount: Bool
    /// The request was admitted beyond the user's share.
    private let isExempt: Bool
    /// Bytes charged now; 0 once the call has ended.
    private var charge: Int
    private var task: Task<Void, Never>?
    /// Ends operations without timers of their own after `timeout_ms`.
    private var timer: Timer?
    private var isEnded: Bool { sink == nil }
    /// Why the call was cancelled; the error it ends with.
    private(set) var cancellation: UltraError?
    /// Called on cancellation of a call without a task, which would otherwise wait for ever.
    var onCancel: (@Loop (Call) -> Void)?
    private static var count = 0

    /// - Parameters:
    ///   - user: of `memory`, opened by the door.
    ///   - charge: bytes the door has charged to `user` for the request already.
    ///   - isExempt: the door has called `beginExempt` for the request.
    init(
        _ operation: OperationName, of caller: Caller, to sink: any AnswerSink, _ memory: HeldBytes,
        _ user: ByteAccount.User, requestBytes: Int, charge: Int, isExempt: Bool
    ) {
        number = Self.takeNumber()
        self.operation = operation
        self.caller = caller
        self.sink = sink
        self.memory = memory
        self.user = user
        self.requestBytes = requestBytes
        self.charge = charge
        self.isExempt = isExempt
        ownsAccount = false
    }

    /// Continues the work of `first` for several calls, whose answer goes to `sink`. It has an account of its own, since
    /// `first` may end before it.
    init(sharing first: Call, to sink: any AnswerSink) {
        number = first.number
        operation = first.operation
        caller = first.caller
        use = first.use
        self.sink = sink
        memory = first.memory
        user = memory.open(first.caller.uid)
        requestBytes = first.requestBytes
        charge = 0
        isExempt = false
        ownsAccount = true
        hold(ByteAccount.cost(ofFrame: requestBytes))
    }

    /// A number that no other call of this process has.
    static func takeNumber() -> Int {
        count += 1
        return count
    }

    // MARK: - Work

    /// Starts a task that works on the call. A cancellation of the call cancels the task.
    func run(_ body: @escaping @Loop () async -> Void) {
        task = Loop.spawn(body)
    }

    var hasTask: Bool { task != nil }

    /// True if decoding and encoding the request each take milliseconds, so that other work should come in between.
    var isLong: Bool { requestBytes > 1 << 20 }

    /// The line in a provider's queue in which the request waits.
    var client: ConcurrencyGate.Client { ConcurrencyGate.Client(uid: caller.uid, pid: caller.pid) }

    var elapsedMilliseconds: Double { Double(EventLoop.now - startedAt) / 1e6 }

    // MARK: - End

    func end(_ report: Report) { end(.success(.report(report))) }

    func fail(_ error: UltraError) { end(.failure(error)) }

    /// Ends the call with `timeout` after `limit` milliseconds, unless it has ended by then.
    func end(afterMilliseconds limit: Int) {
        guard !isEnded else { return }
        let timer = Timer { [weak self] in
            guard let self else { return }
            let reason = UltraError(
                .timeout, "\(operation.rawValue) was not done within timeout_ms (\(limit))",
                hint: "allow more time", timeout: .total, provider: "ultrad", isRetryable: true)
            cancel(reason)
            fail(reason)
        }
        timer.arm(after: .milliseconds(limit))
        self.timer = timer
    }

    /// Gives up the work in progress. The call ends with `reason` when that has stopped.
    func cancel(_ reason: UltraError) {
        guard !isEnded, cancellation == nil else { return }
        cancellation = reason
        task?.cancel()
        onCancel?(self)
    }

    /// Cancels the call and ends it at once, because its client is gone. The sink is not told.
    func abandon() {
        cancel(UltraError(.cancelled, "the client disconnected"))
        _ = finish(.cancelled)
    }

    /// Gives back what the call holds. Returns the sink to be told of the end; nil: the call had ended already.
    private func finish(_ failure: ErrorCode?) -> (any AnswerSink)? {
        guard let sink else { return nil }
        self.sink = nil
        self.failure = failure
        timer?.cancel()
        memory.add(-charge, of: user)
        charge = 0
        if isExempt { memory.endExempt(of: user) }
        if ownsAccount { memory.close(user) }
        return sink
    }

    /// How the call ended, for the books.
    struct End {
        /// nil: it succeeded.
        let failure: ErrorCode?
    }

    private var failure: ErrorCode?
    private var isEndTaken = false

    /// How the call ended, once; nil while it runs.
    func takeEnd() -> End? {
        guard isEnded, !isEndTaken else { return nil }
        isEndTaken = true
        return End(failure: failure)
    }
}

// MARK: - The answer

extension Call: AnswerSink {
    func start(_ answer: Answer) { sink?.start(answer) }

    func receive(_ events: [AnswerEvent]) { sink?.receive(events) }

    func restart() { sink?.restart() }

    func progress(_ progress: RequestProgress) { sink?.progress(progress) }

    func feed(_ event: FeedEvent) { sink?.feed(event) }

    func end(_ result: Result<ResultBody, UltraError>) {
        var failure: ErrorCode?
        if case .failure(let error) = result { failure = error.code }
        finish(failure)?.end(result)
    }

    var isCongested: Bool { sink?.isCongested ?? false }

    func drained() async { await sink?.drained() }
}

// MARK: - Memory

extension Call: ByteHolder {
    /// Charges `change` more bytes to the user, or gives them back.
    func hold(_ change: Int) {
        guard !isEnded, change != 0 else { return }
        charge += change
        memory.add(change, of: user)
    }

    /// True if the user holds more than its share, so that work that can wait should.
    var isOverShare: Bool { memory.account.isOver(user) }
}
