internal import UltraSystem

/// The memory that clients make the daemon hold, and the readers that are paused until some of it is released. The code
/// that stores bytes charges them here.
@Loop
final class HeldBytes {
    private(set) var account: ByteAccount
    private var waiters = RoomWaiters()
    private var wake = Deferred(.soon) {}
    /// For each user beyond its share, the one reply that is still read, so that it completes and releases its bytes.
    private var activeReplies: [ByteAccount.User: any LongReply] = [:]

    init(limit: Int) {
        account = ByteAccount(limit: limit)
        wake = Deferred(.soon) { [weak self] in self?.wakeWaiters() }
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

    func adopt(limit: Int) {
        account.adopt(limit: limit)
        if !waiters.isEmpty { wake.schedule() }
    }

    /// Adds `waiter` to the queue, unless it is in it already.
    func wait(_ waiter: any RoomWaiter) {
        waiters.append(waiter)
    }

    func stopWaiting(_ waiter: any RoomWaiter) {
        waiters.remove(waiter)
    }

    /// Decides whether a reply is read further now. Of a user beyond its share, only one reply is read at a time.
    /// - Returns: true if reading must pause; `reply` is then in the queue.
    func mustWait(_ reply: any LongReply) -> Bool {
        guard account.isOver(reply.user) else { return false }
        if let first = activeReplies[reply.user], first !== reply {
            wait(reply)
            return true
        }
        activeReplies[reply.user] = reply
        return false
    }

    /// Called when `reply` ends; its user's next waiting reply is then read.
    func replyEnded(_ reply: any LongReply) {
        if !waiters.isEmpty { stopWaiting(reply) }
        guard !activeReplies.isEmpty, activeReplies[reply.user] === reply else { return }
        activeReplies[reply.user] = nil
        let next = waiters.all.lazy.compactMap { $0 as? any LongReply }.first { $0.user == reply.user }
        guard let next else { return }
        activeReplies[reply.user] = next
        stopWaiting(next)
        next.goOn()
    }

    private func wakeWaiters() {
        var remaining: [any RoomWaiter] = []
        for waiter in waiters.removeAll() where !waiter.roomMayBeFree() { remaining.append(waiter) }
        // Waiters that were added during the loop come after the remaining ones.
        let added = waiters.removeAll()
        for waiter in remaining + added { waiters.append(waiter) }
    }
}

/// The default of `limits.memory`: half of the control group's `memory.max`. The other half is for the daemon itself
/// and for the copies made during one turn of the loop.
enum MemoryBudget {
    /// Bytes, if no control group sets a limit.
    static let fallback = 128_000_000

    /// Bytes, for the control group of this process.
    static var ofThisMachine: Int { bytes(read: Self.read) }

    /// The default in bytes; at least `Limits.leastMemory`.
    /// - Parameter read: returns the text of a file; nil: it cannot be read.
    static func bytes(read: (String) -> String?) -> Int {
        guard let limit = limit(read: read) else { return fallback }
        return max(Limits.leastMemory, limit / 2)
    }

    /// The smallest `memory.max` of the process's control group and its ancestors, in bytes (cgroup v2, cgroups(7));
    /// nil: none is set.
    private static func limit(read: (String) -> String?) -> Int? {
        guard let groups = read("/proc/self/cgroup"),
            let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return nil }
        var path = String(line.dropFirst(3))
        var least: Int?
        while true {
            let group = path == "/" ? "" : path
            if let text = read("/sys/fs/cgroup\(group)/memory.max"), let bytes = Int(text.prefix { $0.isNumber }) {
                least = min(least ?? bytes, bytes)
            }
            guard let slash = path.lastIndex(of: "/"), path != "/" else { return least }
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
    }

    private static func read(_ path: String) -> String? {
        do throws(SystemError) {
            return String(decoding: try FileContents.read(path).bytes, as: UTF8.self)
        } catch {
            return nil
        }
    }
}
