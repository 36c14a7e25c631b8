internal import UltraSystem

/// The account of bytes that clients make the daemon hold, charged where bytes are kept, and those who wait for room.
@Loop
final class HeldBytes {
    private(set) var account: ByteAccount
    private var waiters = RoomWaiters()
    private var wake = Deferred(.soon) {}
    /// Of each user beyond its share the one reply that is read on, so that it comes to its end.
    private var readOn: [ByteAccount.User: any LongReply] = [:]

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
        waiters.append(waiter)
    }

    func stopWaiting(_ waiter: any RoomWaiter) {
        waiters.remove(waiter)
    }

    /// Whether a long reply is to be read on later: of a user that holds more than its share, one is read at a time.
    func mustWait(_ reply: any LongReply) -> Bool {
        guard account.isOver(reply.user) else { return false }
        if let first = readOn[reply.user], first !== reply {
            wait(reply)
            return true
        }
        readOn[reply.user] = reply
        return false
    }

    /// `reply` holds nothing any more: the next one has its turn.
    func replyEnded(_ reply: any LongReply) {
        if !waiters.isEmpty { stopWaiting(reply) }
        guard !readOn.isEmpty, readOn[reply.user] === reply else { return }
        readOn[reply.user] = nil
        let next = waiters.all.lazy.compactMap { $0 as? any LongReply }.first { $0.user == reply.user }
        guard let next else { return }
        readOn[reply.user] = next
        stopWaiting(next)
        next.goOn()
    }

    private func wakeWaiters() {
        var rest: [any RoomWaiter] = []
        for waiter in waiters.takeAll() where !waiter.roomMayBeFree() { rest.append(waiter) }
        // Those that began to wait meanwhile came later.
        let newcomers = waiters.takeAll()
        for waiter in rest + newcomers { waiters.append(waiter) }
    }
}
