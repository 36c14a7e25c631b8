internal import UltraAPI
internal import UltraSystem

/// One request in the daemon, from its admission to its end.
///
/// An operation writes its answer to the call. The call forwards it to its sink until it ends, exactly once, and
/// charges the user's account for the bytes that the request makes the daemon hold.
@Loop
final class Call {
    let record: RequestRecord
    let operation: OperationName
    private let books: Books
    /// The account that is charged.
    let user: ByteAccount.User
    let memory: HeldBytes
    /// The length of the request on the wire.
    let requestBytes: Int
    /// The destination of the answer; nil: the call has ended, or its client is gone.
    private var sink: (any AnswerSink)?
    private let ownsAccount: Bool
    /// True if the request was admitted beyond the user's share.
    let isExempt: Bool
    /// Bytes charged now; 0 once the call has no sink.
    private var charge: Int
    private var task: Task<Void, Never>?
    /// The timer of `timeout_ms`, for operations without timers of their own.
    private var timer: Timer?
    private var isEnded = false
    /// The error of a cancelled call, with which it will end; nil: it is not cancelled.
    private(set) var cancellation: UltraError?
    /// Called when a call without a task is cancelled, which would otherwise never end.
    var onCancel: (@Loop (Call) -> Void)?

    /// - Parameters:
    ///   - user: An account of `memory`, opened by the door.
    ///   - charge: Bytes that the door has charged to `user` for the request.
    ///   - isExempt: True if the door has called `beginExempt` for the request.
    init(
        _ operation: OperationName, of caller: Caller, to sink: any AnswerSink, _ books: Books, _ memory: HeldBytes,
        _ user: ByteAccount.User, requestBytes: Int, charge: Int, isExempt: Bool
    ) {
        record = RequestRecord(Self.takeNumber(), operation, of: caller)
        self.operation = operation
        self.books = books
        self.sink = sink
        self.memory = memory
        self.user = user
        self.requestBytes = requestBytes
        self.charge = charge
        self.isExempt = isExempt
        ownsAccount = false
    }

    /// Continues the work of `first` for several calls; the answer goes to `sink`. The new call opens an account of its
    /// own, since `first` may end before it.
    init(sharing first: Call, to sink: any AnswerSink) {
        record = RequestRecord(workOf: first.record)
        operation = first.operation
        books = first.books
        self.sink = sink
        memory = first.memory
        user = memory.open(first.caller.uid)
        requestBytes = first.requestBytes
        charge = 0
        isExempt = false
        ownsAccount = true
        hold(ByteAccount.cost(ofFrame: requestBytes))
    }

    private static var count = 0

    /// A number that is unique among the requests of this process.
    static func takeNumber() -> Int {
        count += 1
        return count
    }

    var caller: Caller { record.caller }
    /// Monotonic clock, nanoseconds.
    var startedAt: UInt64 { record.startedAt }

    // MARK: - Work

    /// Records the model to which the request is about to be sent, or whose answer it joins.
    func reached(_ model: String) {
        record.reach(model)
        books.began(record)
    }

    /// Starts a task that works on the call. Cancelling the call cancels the task.
    func run(_ body: @escaping @Loop () async -> Void) {
        task = Loop.spawn(body)
    }

    var hasTask: Bool { task != nil }

    /// True if decoding and encoding the request each take milliseconds, so that the loop should do other work in
    /// between.
    var isLong: Bool { requestBytes > 1 << 20 }

    /// The client under which the request waits in a provider's queue.
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

    /// Cancels the work in progress. The call ends with `reason` once the work has stopped.
    func cancel(_ reason: UltraError) {
        guard !isEnded, cancellation == nil else { return }
        cancellation = reason
        task?.cancel()
        onCancel?(self)
    }

    /// Cancels the call and releases its sink, because the client is gone. The call ends once its work has stopped.
    func abandon() {
        cancel(UltraError(.cancelled, "the client disconnected"))
        detach()
    }

    /// Releases the sink and the bytes charged for the call.
    private func detach() {
        guard sink != nil else { return }
        sink = nil
        timer?.cancel()
        memory.add(-charge, of: user)
        charge = 0
        if isExempt { memory.endExempt(of: user) }
        if ownsAccount { memory.close(user) }
    }
}

// MARK: - The answer

extension Call: AnswerSink {
    func start(_ answer: Answer) { sink?.start(answer) }

    func receive(_ events: [AnswerEvent]) { sink?.receive(events) }

    func restart() { sink?.restart() }

    func progress(_ progress: RequestProgress) { sink?.progress(progress) }

    func feed(_ event: FeedEvent) { sink?.feed(event) }

    /// Ends the call, which happens here only: the client gets its answer first, then `Books` gets the record.
    func end(_ result: Result<ResultBody, UltraError>) {
        guard !isEnded else { return }
        isEnded = true
        guard let sink else {
            return books.ended(record, .failure(cancellation ?? UltraError(.cancelled, "the client disconnected")))
        }
        detach()
        sink.end(result)
        books.ended(record, result)
    }

    var isCongested: Bool { sink?.isCongested ?? false }

    func drained() async { await sink?.drained() }
}

// MARK: - Memory

extension Call: ByteHolder {
    /// Charges `change` bytes to the user, or releases them if `change` is negative.
    func hold(_ change: Int) {
        guard sink != nil, change != 0 else { return }
        charge += change
        memory.add(change, of: user)
    }

    /// True if the user holds more than its share, so that deferrable work should wait.
    var isOverShare: Bool { memory.account.isOver(user) }

    /// False if so many answers to the user are unread that this one should wait.
    var mayBeAnswered: Bool { memory.mayAnswer(record.number, of: user) }
}
