internal import UltraSystem

/// The unsent bytes of one connection. They are sent together at the end of a turn of the loop and charged to the user;
/// a client that does not read causes back-pressure.
@Loop
final class SocketOutput {
    /// Unsent bytes, after the first `sentBytes`, which were sent.
    private(set) var bytes: [UInt8] = []
    private var sentBytes = 0
    private let socket: StreamSocket
    private let memory: HeldBytes
    private let user: ByteAccount.User
    private var limits: Limits
    private let charge: UnsentCharge
    private var waiters: [UnsafeContinuation<Void, Never>] = []
    private var flushLater = Deferred(.endOfTurn) {}
    private let stall = Timer {}
    private var isClosed = false

    /// Called before each send, to complete the message in progress.
    var willSend: @Loop (inout [UInt8]) -> Void = { _ in }
    /// Called after each send.
    var onSent: @Loop (_ byteCount: Int) -> Void = { _ in }
    /// Called if the connection is lost, or the client reads nothing for `limits.write_stall`.
    var onLost: @Loop () -> Void = {}

    init(_ socket: StreamSocket, _ memory: HeldBytes, _ user: ByteAccount.User, _ limits: Limits) {
        self.socket = socket
        self.memory = memory
        self.user = user
        charge = UnsentCharge(memory, user)
        self.limits = limits
        flushLater = Deferred(.endOfTurn) { [weak self] in self?.flush() }
        stall.onFire = { [weak self] in self?.onLost() }
        charge.onGivenUp = { [weak self] in self?.onLost() }
    }

    var isEmpty: Bool { bytes.isEmpty }

    private var unsentByteCount: Int { bytes.count - sentBytes }

    /// Appends bytes, to be sent at the end of the turn.
    func append(_ write: (inout [UInt8]) -> Void) {
        guard !isClosed else { return }
        write(&bytes)
        if unsentByteCount > UnsentCharge.freeBytes { charge.update(unsentByteCount) }
        flushLater.schedule()
    }

    /// Records that the whole answer of `call` has been appended.
    func finished(_ call: Call) {
        guard !isClosed else { return }
        charge.finished(call.record.number, isExempt: call.isExempt)
    }

    /// Sends as much as the socket accepts now.
    func flush() {
        guard !isClosed else { return }
        willSend(&bytes)
        guard !bytes.isEmpty else { return }
        let sent = bytes.withUnsafeBytes { socket.send(UnsafeRawBufferPointer(rebasing: $0[sentBytes...])) }
        guard let sent else { return onLost() }
        sentBytes += sent
        if sentBytes == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptCapacityBytes)
            sentBytes = 0
            stall.cancel()
        } else {
            if sent > 0 || !stall.isArmed { stall.arm(after: limits.writeStall) }
            if sentBytes > bytes.count / 2 {
                bytes.removeFirst(sentBytes)
                sentBytes = 0
            }
        }
        charge.update(unsentByteCount)
        if !isCongested { resumeWaiters() }
        onSent(sent)
    }

    // MARK: - Back-pressure

    /// Capacity kept while the buffer is empty.
    private static let keptCapacityBytes = 1 << 10

    /// True if too many bytes are unsent. The bound is lower for a user that holds more than its share.
    var isCongested: Bool {
        guard unsentByteCount > UnsentCharge.freeBytes else { return false }
        return unsentByteCount > limits.unsentBytes || memory.account.isOver(user)
    }

    /// Returns when the output is no longer congested, or closed.
    func drained(_ waiter: any RoomWaiter) async {
        while isCongested, !isClosed {
            if unsentByteCount <= limits.unsentBytes { memory.wait(waiter) }
            await withUnsafeContinuation(isolation: Loop.shared) { waiters.append($0) }
        }
    }

    /// Called when the user's account may have more room.
    func roomMayBeFree() {
        if !isCongested { resumeWaiters() }
    }

    func adopt(_ limits: Limits) {
        self.limits = limits
        roomMayBeFree()
    }

    private func resumeWaiters() {
        let resumed = waiters
        waiters = []
        for waiter in resumed { waiter.resume() }
    }

    /// Drops all unsent bytes.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        stall.cancel()
        charge.update(0)
        bytes = []
        sentBytes = 0
        resumeWaiters()
    }
}
