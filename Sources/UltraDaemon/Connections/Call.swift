internal import UltraAPI
internal import UltraSystem

/// One request of a client from its frame to its single terminal frame.
@Loop
final class Call {
    let id: Int
    /// Different for every call of this process.
    let number: Int
    let startedAt = EventLoop.now
    let peer: Peer
    let operation: OperationName
    /// It counts among the subscriptions of its connection.
    var isSubscription = false
    /// It was admitted beyond the user's share.
    var isExempt = false
    /// For the ledger.
    var use = CallUse()
    private static var count = 0
    private weak var connection: ClientConnection?
    /// Who is charged for what this request makes the daemon hold.
    let user: ByteAccount.User
    let memory: HeldBytes
    /// Length of its frame.
    let frameBytes: Int
    /// Bytes it is charged for; nothing once it has ended.
    private var charge: Int
    /// All who wait for what this call brings, where it stands for no single client; until it has ended.
    private(set) var flight: Flight?
    /// The task that works on it; nil for what is answered at once.
    private var task: Task<Void, Never>?
    var hasTask: Bool { task != nil }
    private var isEnded = false
    /// `timeout_ms` of an operation that has no timers of its own.
    private var timer: Timer?
    /// Why it was cancelled, for its terminal frame.
    private(set) var cancellation: UltraError?

    /// - Parameter charge: bytes that `connection`'s user has been charged for it.
    init(_ id: Int, _ operation: OperationName, _ connection: ClientConnection, frameBytes: Int, charge: Int) {
        self.id = id
        self.operation = operation
        self.connection = connection
        Self.count += 1
        number = Self.count
        peer = connection.peer
        (user, memory) = (connection.user, connection.memory)
        self.frameBytes = frameBytes
        self.charge = charge
    }

    /// Stands for all that wait in `flight`, in the name of `first`. It has no client: what is sent to one goes nowhere.
    init(sharedBy first: Call, _ flight: Flight) {
        id = first.id
        number = first.number
        peer = first.peer
        operation = first.operation
        use = first.use
        self.flight = flight
        (user, memory) = (first.memory.open(first.peer.uid), first.memory)
        frameBytes = first.frameBytes
        charge = 0
        // The first may leave before the others have their answer.
        hold(ByteAccount.cost(ofFrame: frameBytes))
    }

    // MARK: - Memory

    /// Charges `change` more bytes, or fewer, to the user.
    func hold(_ change: Int) {
        guard !isEnded, change != 0 else { return }
        charge += change
        memory.add(change, of: user)
    }

    /// Whether the user holds more than its share: what can be put off is.
    var isOverShare: Bool { memory.account.isOver(user) }

    private func release() {
        memory.add(-charge, of: user)
        charge = 0
        if isExempt { memory.endExempt(of: user) }
        if connection == nil, flight != nil { memory.close(user) }
    }

    /// Reading and encoding it each take milliseconds: other work of the loop comes in between.
    var isLong: Bool { frameBytes > 1 << 20 }

    /// Whose line in a queue it stands in.
    var client: ConcurrencyGate.Client { ConcurrencyGate.Client(uid: peer.uid, pid: peer.pid) }

    /// Works on the call in a task of its own, which a cancellation reaches.
    func run(_ body: @escaping @Loop () async -> Void) {
        task = Loop.spawn(body)
    }

    /// Adds a frame that is not the last. Nothing happens once the call has ended or the client is gone.
    func send(_ write: (inout FrameWriter, Int) -> Void) {
        guard !isEnded else { return }
        connection?.send { write(&$0, id) }
    }

    /// Adds a frame about how the work goes on, for those who want to know.
    func tell(_ write: (inout FrameWriter, Int) -> Void) {
        if let flight { flight.tell(write) } else { send(write) }
    }

    /// Adds the terminal frame.
    func end(_ write: (inout FrameWriter, Int) -> Void) {
        guard !isEnded else { return }
        isEnded = true
        timer?.cancel()
        release()
        flight = nil
        connection?.send { write(&$0, id) }
        connection?.ended(self)
    }

    /// Ends the call with `timeout` after so long, unless it has ended by then.
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

    /// How a call ended, for who counts them.
    struct End {
        /// nil: well.
        let failure: ErrorCode?
    }

    private var failure: ErrorCode?
    private var isEndTaken = false

    /// How it ended, the first time this is asked for after that.
    func takeEnd() -> End? {
        guard isEnded, !isEndTaken else { return nil }
        isEndTaken = true
        return End(failure: failure)
    }

    func fail(_ error: UltraError) {
        if !isEnded { failure = error.code }
        flight?.failed(error)
        end { $0.error($1, error) }
    }

    /// Gives up what is under way; `reason` is what the client is told.
    func cancel(_ reason: UltraError) {
        guard !isEnded, cancellation == nil else { return }
        cancellation = reason
        task?.cancel()
        onCancel?(self)
    }

    /// What a cancellation does to a call without a task, which goes on until then.
    var onCancel: (@Loop (Call) -> Void)?

    /// The client is gone: its frames have nowhere to go.
    func abandon() {
        cancel(UltraError(.cancelled, "the client disconnected"))
        guard !isEnded else { return }
        failure = .cancelled
        isEnded = true
        timer?.cancel()
        release()
    }

    /// Whether the client's unsent bytes are past their bound.
    var isCongested: Bool { flight?.isCongested ?? connection?.isCongested ?? false }

    /// Waits until the client has taken enough of what was sent, or is gone.
    func drained() async {
        if let flight { await flight.drained() } else { await connection?.drained() }
    }
}

extension Call: ByteHolder {}
