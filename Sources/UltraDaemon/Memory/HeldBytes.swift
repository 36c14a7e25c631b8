internal import UltraSystem

/// The memory that clients make the daemon hold, and the readers that are paused until some of it is released. The code
/// that stores bytes charges them here.
@Loop
final class HeldBytes {
    private(set) var account: ByteAccount
    private var waiters = RoomWaiters()
    private var wake = Deferred(.soon) {}
    /// For each user beyond its share, the one reply that is read further, so that it completes and releases its bytes.
    private var activeReplies: [ByteAccount.User: ActiveReply] = [:]
    private var unread: [ByteAccount.User: UnreadAnswers] = [:]
    /// The time clients may read nothing while other answers to their user wait for memory; see `UnreadAnswers`.
    private var patience: Duration
    private let unreadTimer = Timer {}
    /// Called when a connection is closed for its unread answers, with its user and the number of unread bytes.
    var onGivenUp: @Loop (_ uid: UInt32, _ byteCount: Int) -> Void = { _, _ in }

    private struct ActiveReply {
        let reply: any LongReply
        /// True if the user is behind with reading, so that this reply is paused too.
        var isPaused: Bool
    }

    /// - Parameters:
    ///   - limit: Bytes that all users together may hold.
    ///   - patience: The time clients may read nothing while other answers to their user wait for memory.
    init(limit: Int, patience: Duration = .seconds(5)) {
        account = ByteAccount(limit: limit)
        self.patience = patience
        wake = Deferred(.soon) { [weak self] in self?.wakeWaiters() }
        unreadTimer.onFire = { [weak self] in self?.giveUpUnread() }
    }

    isolated deinit {
        unreadTimer.cancel()
    }

    func open(_ uid: UInt32) -> ByteAccount.User { account.open(uid) }

    func close(_ user: ByteAccount.User) { account.close(user) }

    /// Charges `change` bytes to `user`, or releases them if `change` is negative.
    func add(_ change: Int, of user: ByteAccount.User) {
        account.add(change, of: user)
        if change < 0, !waiters.isEmpty { wake.schedule() }
    }

    /// Charges `more` bytes if the decision is `.granted`.
    func ask(_ more: Int, of user: ByteAccount.User) -> ByteAccount.Decision {
        let decision = account.decide(more, of: user)
        if decision == .granted { account.add(more, of: user) }
        return decision
    }

    /// Admits one short request beyond the user's share.
    /// - Returns: true if it is admitted; the caller must call `endExempt` when it ends.
    func beginExempt(of user: ByteAccount.User) -> Bool { account.beginExempt(of: user) }

    func endExempt(of user: ByteAccount.User) { account.endExempt(of: user) }

    func adopt(limit: Int, patience: Duration) {
        account.adopt(limit: limit)
        self.patience = patience
        if !waiters.isEmpty { wake.schedule() }
    }

    /// Adds `waiter` to the queue, unless it is in it already.
    func wait(_ waiter: any RoomWaiter) {
        waiters.append(waiter)
        watchUnread(of: waiter.user)
    }

    func stopWaiting(_ waiter: any RoomWaiter) {
        waiters.remove(waiter)
    }

    func keepExempt(of user: ByteAccount.User) { account.keepExempt(of: user) }

    private func wakeWaiters() {
        var remaining: [any RoomWaiter] = []
        for waiter in waiters.removeAll() where !waiter.roomMayBeFree() { remaining.append(waiter) }
        // Waiters added during the loop come after the remaining ones.
        let added = waiters.removeAll()
        for waiter in remaining + added { waiters.append(waiter) }
    }

    // MARK: - Replies

    /// Decides whether a reply is read further now.
    ///
    /// If its user is beyond the share, only one of the user's replies is read at a time. If the user's clients are behind with
    /// reading, none is read, except the reply that they may be waiting for: a client that reads its answers one after the
    /// other, each on its own connection, reads no other before it.
    /// - Returns: True if reading must pause; `reply` is then in the queue.
    func mustWait(_ reply: any LongReply) -> Bool {
        guard !mayRead(reply) else { return false }
        wait(reply)
        return true
    }

    /// Like `mustWait`, without queueing.
    func mayRead(_ reply: any LongReply) -> Bool {
        let user = reply.user
        let isBehind = account.isBehind(user)
        guard isBehind || reply.isHeld && account.isOver(user) else { return true }
        if let active = activeReplies[user], active.reply !== reply {
            guard active.isPaused, reply.number < active.reply.number else { return false }
        }
        let mayRead = mayAnswer(reply.number, of: user)
        activeReplies[user] = ActiveReply(reply: reply, isPaused: !mayRead)
        return mayRead
    }

    /// True if the answer to a request may be completed now: its user is not behind with reading, or the request is
    /// earlier than every request with an unread answer.
    func mayAnswer(_ request: Int, of user: ByteAccount.User) -> Bool {
        guard account.isBehind(user) else { return true }
        return !account.isFarBehind(user) && unread[user]?.areAll(after: request) ?? true
    }

    /// Called when `reply` ends. The waiting reply to its user's earliest request is then read.
    func replyEnded(_ reply: any LongReply) {
        if !waiters.isEmpty { stopWaiting(reply) }
        guard !activeReplies.isEmpty, activeReplies[reply.user]?.reply === reply else { return }
        activeReplies[reply.user] = nil
        let waiting = waiters.all.lazy.compactMap { $0 as? any LongReply }.filter { $0.user == reply.user }
        guard let next = waiting.min(by: { $0.number < $1.number }) else { return }
        // The reply precedes the others even if it may not be read now.
        guard mayRead(next) else { return }
        stopWaiting(next)
        next.goOn()
    }

    // MARK: - Unread answers

    /// Counts finished answers of a connection that its client has not read; `change` is negative when it has read
    /// some.
    func unreadChanged(_ change: Int, _ connection: UnsentCharge) {
        let user = connection.user
        account.addUnread(change, of: user)
        var answers = unread[user] ?? UnreadAnswers(at: EventLoop.now)
        answers.update(connection)
        if change < 0 { answers.lastReadAt = EventLoop.now }
        unread[user] = answers.isEmpty ? nil : answers
        watchUnread(of: user)
    }

    private func watchUnread(of user: ByteAccount.User) {
        guard !unreadTimer.isArmed, !waiters.isEmpty, account.isBehind(user) else { return }
        unreadTimer.arm(after: patience)
    }

    /// Closes one connection of each user whose clients have read nothing for `patience` although other answers to the
    /// user wait for memory: the connection with the most unread bytes. Other connections stay open, because a client
    /// that reads its answers in another order than they arrive may be waiting for one that has no memory yet.
    private func giveUpUnread() {
        let waiting = Set(waiters.all.map(\.user))
        let now = EventLoop.now
        var next: UInt64?
        for (user, answers) in unread where waiting.contains(user) && account.isBehind(user) {
            var due = answers.lastReadAt + UInt64(max(0, patience.nanoseconds))
            if due <= now, let longest = answers.longest {
                unread[user]?.lastReadAt = now
                due = now + UInt64(max(0, patience.nanoseconds))
                onGivenUp(account.uid(of: user), longest.bytes)
                longest.onGivenUp()
            }
            next = min(next ?? due, due)
        }
        if let next { unreadTimer.arm(at: next) }
    }
}
