internal import UltraSystem

/// Something that waits until its user holds less.
@Loop
protocol RoomWaiter: AnyObject {
    var user: ByteAccount.User { get }
    /// Bytes of some user were given back: there may be room now. True: it waits no longer.
    func roomMayBeFree() -> Bool
}

/// The account of bytes that clients make the daemon hold, charged where bytes are kept, and those who wait for room.
@Loop
final class HeldBytes {
    private(set) var account: ByteAccount
    /// In the order they came.
    private var waiters: [any RoomWaiter] = []
    private var wake = Deferred(.soon) {}
    /// Of each user beyond its share the one reply that is read on, so that it comes to its end.
    private var readOn: [ByteAccount.User: UpstreamReply] = [:]

    init(limit: Int) {
        account = ByteAccount(limit: limit)
        wake = Deferred(.soon) { [weak self] in self?.wakeWaiters() }
    }

    func open(_ uid: UInt32) -> ByteAccount.User { account.open(uid) }

    func close(_ user: ByteAccount.User) { account.close(user) }

    /// `change` more bytes are held, or fewer.
    func add(_ change: Int, of user: ByteAccount.User) {
        account.add(change, of: user)
        if change < 0, !waiters.isEmpty { wake.schedule() }
    }

    /// Charges `more` bytes where they may be held.
    func ask(_ more: Int, of user: ByteAccount.User) -> ByteAccount.Decision {
        let decision = account.decide(more, of: user)
        if decision == .granted { account.add(more, of: user) }
        return decision
    }

    /// Whether the user may have one more short request beyond its share; `endExempt` follows.
    func beginExempt(of user: ByteAccount.User) -> Bool { account.beginExempt(of: user) }

    func endExempt(of user: ByteAccount.User) { account.endExempt(of: user) }

    func adopt(limit: Int) {
        account.adopt(limit: limit)
        if !waiters.isEmpty { wake.schedule() }
    }

    /// `waiter` is told when bytes are given back, until it waits no longer.
    func wait(_ waiter: any RoomWaiter) {
        guard !waiters.contains(where: { $0 === waiter }) else { return }
        waiters.append(waiter)
    }

    func stopWaiting(_ waiter: any RoomWaiter) {
        waiters.removeAll { $0 === waiter }
    }

    /// Whether a long reply is to be read on later: of a user that holds more than its share, one is read at a time.
    func mustWait(_ reply: UpstreamReply) -> Bool {
        guard account.isOver(reply.user) else { return false }
        if let first = readOn[reply.user], first !== reply {
            wait(reply)
            return true
        }
        readOn[reply.user] = reply
        return false
    }

    /// `reply` holds nothing any more: the next one has its turn.
    func replyEnded(_ reply: UpstreamReply) {
        if !waiters.isEmpty { stopWaiting(reply) }
        guard !readOn.isEmpty, readOn[reply.user] === reply else { return }
        readOn[reply.user] = nil
        let next = waiters.lazy.compactMap { $0 as? UpstreamReply }.first { $0.user == reply.user }
        guard let next else { return }
        readOn[reply.user] = next
        stopWaiting(next)
        next.exchange.wake()
    }

    private func wakeWaiters() {
        let waiting = waiters
        waiters = []
        var rest: [any RoomWaiter] = []
        for waiter in waiting where !waiter.roomMayBeFree() { rest.append(waiter) }
        // Those that began to wait meanwhile came later.
        waiters = rest + waiters.filter { new in !rest.contains { $0 === new } }
    }
}
