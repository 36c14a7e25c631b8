/// The bytes that the daemon holds for its clients, per user and in total, and the decision whether to hold more. Pure.
///
/// A user's share is the free memory: a user that holds more than is free gets no more until bytes are released. One
/// user can therefore hold half of the limit, two users a third each, and n users n/(n+1) together, so that there is
/// always room for another one (Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet
/// switches", IEEE/ACM Transactions on Networking 6, 1998). Every user may hold `assuredBytes` in any case.
///
/// Requests in flight end and release their bytes, but finished answers are held until the client reads them, which may
/// be never. Unread answers therefore have a bound of their own: half of the free memory, which is a third of the limit
/// for a single user. Beyond it, no more answers to the user are completed.
struct ByteAccount: Sendable {
    /// A handle of one user's account. Valid until `close` has been called as often as `open`.
    struct User: Hashable, Sendable {
        fileprivate let slot: Int
    }

    /// The decision on a request to hold more bytes.
    enum Decision: Sendable, Equatable {
        case granted
        /// The user's share is used up: ask again when bytes are released.
        case wait
        /// Other users hold too much.
        case refused
        /// The request exceeds what a single user may ever hold.
        case never
    }

    private struct Entry: Sendable {
        var uid: UInt32
        var bytes = 0
        /// The part of the bytes in finished answers that the user's clients have not read.
        var unread = 0
        /// Calls of `open` minus calls of `close`.
        var holders = 0
        /// Short requests admitted beyond the share.
        var exempt = 0
    }

    /// The charge for a connection, without its requests.
    static let connectionBytes = 16 << 10
    /// The charge for a waiting request, without its bytes.
    static let requestBytes = 4 << 10
    /// The charge for a provider's reply while it is received, without its bytes.
    static let replyBytes = 16 << 10
    /// The number of short requests that a user may have beyond its share.
    static let exemptLimit = 32
    /// If other users hold too much, requests for more bytes than this are refused, and smaller ones wait.
    static let largeBytes = 64 << 10

    /// The bytes that all users together may hold.
    private(set) var limit: Int
    /// The bytes that each user may hold in any case.
    private(set) var assuredBytes: Int
    /// The bytes that all users hold now.
    private(set) var held = 0
    private var entries: [Entry] = []
    private var freeSlots: [Int] = []
    private var slots: [UInt32: Int] = [:]

    init(limit: Int) {
        self.limit = limit
        assuredBytes = Self.assured(of: limit)
    }

    /// Changes the limit. Bytes already held are kept, even beyond it.
    mutating func adopt(limit: Int) {
        self.limit = limit
        assuredBytes = Self.assured(of: limit)
    }

    private static func assured(of limit: Int) -> Int { limit / 128 }

    /// The charge for a request with a frame of `length` bytes: the request, and the body encoded from it.
    static func cost(ofFrame length: Int) -> Int { requestBytes + 2 * length }

    /// Opens the account of the user `uid` for a connection or a request. Each call needs one call of `close`.
    mutating func open(_ uid: UInt32) -> User {
        if let slot = slots[uid] {
            entries[slot].holders += 1
            return User(slot: slot)
        }
        let entry = Entry(uid: uid, holders: 1)
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            entries[slot] = entry
        } else {
            slot = entries.count
            entries.append(entry)
        }
        slots[uid] = slot
        return User(slot: slot)
    }

    /// Reverses one call of `open`. The account is removed when nothing uses it and it holds no bytes.
    mutating func close(_ user: User) {
        entries[user.slot].holders -= 1
        removeIfUnused(user.slot)
    }

    private mutating func removeIfUnused(_ slot: Int) {
        guard entries[slot].holders <= 0, entries[slot].bytes <= 0 else { return }
        held -= entries[slot].bytes
        slots[entries[slot].uid] = nil
        freeSlots.append(slot)
    }

    /// Charges `change` bytes to `user`, or releases them if `change` is negative.
    mutating func add(_ change: Int, of user: User) {
        entries[user.slot].bytes &+= change
        held &+= change
    }

    /// Counts a short request beyond the share.
    /// - Returns: false if the user has `exemptLimit` of them already.
    mutating func beginExempt(of user: User) -> Bool {
        guard entries[user.slot].exempt < Self.exemptLimit else { return false }
        entries[user.slot].exempt += 1
        return true
    }

    mutating func endExempt(of user: User) {
        entries[user.slot].exempt -= 1
    }

    /// Counts a short request beyond the share until its answer is read.
    mutating func keepExempt(of user: User) {
        entries[user.slot].exempt += 1
    }

    /// Counts `change` of the bytes charged to `user` as finished answers that are unread.
    mutating func addUnread(_ change: Int, of user: User) {
        entries[user.slot].unread &+= change
    }

    /// The number of users that have connections or hold bytes.
    var userCount: Int { slots.count }

    func bytes(of user: User) -> Int { entries[user.slot].bytes }

    func uid(of user: User) -> UInt32 { entries[user.slot].uid }

    /// Decides whether `user` may hold `more` bytes; charges nothing.
    func decide(_ more: Int, of user: User) -> Decision {
        let own = entries[user.slot].bytes
        if own &+ more <= assuredBytes || own &+ more <= limit &- (held &+ more) { return .granted }
        if more > limit / 2 { return .never }
        return own <= assuredBytes && more > Self.largeBytes ? .refused : .wait
    }

    /// True if the user holds more than its share.
    func isOver(_ user: User) -> Bool {
        let own = entries[user.slot].bytes
        return own > assuredBytes && own > limit &- held
    }

    /// True if so many answers to the user are unread that no more should be completed.
    func isBehind(_ user: User) -> Bool {
        let unread = entries[user.slot].unread
        return unread > assuredBytes && unread > (limit &- held) / 2
    }

    /// True if so many answers to the user are unread that none may be completed, not even the one its clients may wait
    /// for. The bound does not depend on the free memory, which replies in progress use: a client that reads its answers
    /// in the order of its requests might otherwise wait for one that is never completed.
    func isFarBehind(_ user: User) -> Bool { entries[user.slot].unread > limit / 2 }

    /// True if the user holds so much that its sockets are read in small pieces.
    func isHeavy(_ user: User) -> Bool { entries[user.slot].bytes > limit / 16 }
}
