internal import UltraSystem

/// The unsent bytes of one connection: they leave together at the end of a turn of the loop, are charged to the client's
/// user, and hold back their producers where the client does not read.
@Loop
final class SocketOutput {
    /// What is to be sent; the first `sentBytes` of it were.
    private(set) var bytes: [UInt8] = []
    private var sentBytes = 0
    private let socket: StreamSocket
    private let memory: HeldBytes
    private let user: ByteAccount.User
    private var limits: Limits
    /// Bytes charged for what is unsent.
    private var charge = 0
    private var waiters: [UnsafeContinuation<Void, Never>] = []
    private var flushLater = Deferred(.endOfTurn) {}
    private let stall = Timer {}
    private var isClosed = false

    /// Called before bytes are sent, to complete what is being written.
    var willSend: @Loop (inout [UInt8]) -> Void = { _ in }
    /// Called after bytes were sent; all of them if `isEmpty`.
    var onSent: @Loop (_ byteCount: Int) -> Void = { _ in }
    /// Called once the client is gone, or takes nothing for too long.
    var onLost: @Loop () -> Void = {}

    init(_ socket: StreamSocket, _ memory: HeldBytes, _ user: ByteAccount.User, _ limits: Limits) {
        self.socket = socket
        self.memory = memory
        self.user = user
        self.limits = limits
        flushLater = Deferred(.endOfTurn) { [weak self] in self?.flush() }
        stall.onFire = { [weak self] in self?.onLost() }
    }

    var isEmpty: Bool { bytes.isEmpty }

    private var unsentByteCount: Int { bytes.count - sentBytes }

    /// Appends what `write` appends. It leaves at the end of the turn.
    func append(_ write: (inout [UInt8]) -> Void) {
        guard !isClosed else { return }
        write(&bytes)
        if unsentByteCount > Self.leastUnsentBytes { chargeUnsent() }
        flushLater.schedule()
    }

    /// Sends what the socket takes now.
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
        chargeUnsent()
        if !isCongested { resumeWaiters() }
        onSent(sent)
    }

    // MARK: - Back-pressure

    /// Unsent bytes that are never too much, and are not charged.
    private static let leastUnsentBytes = 16 << 10
    /// Capacity kept while nothing is unsent.
    private static let keptCapacityBytes = 1 << 10

    /// True if too much is unsent. A user that holds more than its share may have less unsent.
    var isCongested: Bool {
        guard unsentByteCount > Self.leastUnsentBytes else { return false }
        return unsentByteCount > limits.unsentBytes || memory.account.isOver(user)
    }

    /// Returns when no longer too much is unsent, or the connection is closed.
    func drained(_ waiter: any RoomWaiter) async {
        while isCongested, !isClosed {
            if unsentByteCount <= limits.unsentBytes { memory.wait(waiter) }
            await withUnsafeContinuation(isolation: Loop.shared) { waiters.append($0) }
        }
    }

    /// The user's account has more room than before.
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

    private func chargeUnsent() {
        let unsent = unsentByteCount > Self.leastUnsentBytes ? unsentByteCount : 0
        guard unsent != charge else { return }
        memory.add(unsent - charge, of: user)
        charge = unsent
    }

    /// Drops what is unsent.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        stall.cancel()
        memory.add(-charge, of: user)
        charge = 0
        bytes = []
        sentBytes = 0
        resumeWaiters()
    }
}
