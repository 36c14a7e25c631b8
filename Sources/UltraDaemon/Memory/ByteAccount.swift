/// Bytes that the daemon holds for its clients, of each user and in total, and whether more may be added.
///
/// A user's share is what is free: a user that holds more than that gets nothing until bytes are given back. One user
/// alone can so hold half of the limit, two a third each, n together n/(n+1), and there is always room for the next one
/// (dynamic thresholds: Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet switches",
/// IEEE/ACM Transactions on Networking 6, 1998). Whatever the others hold, a user may hold `assuredBytes`.
struct ByteAccount: Sendable {
    /// Names the bytes of one user. Valid until `close` has been called as often as `open`.
    struct User: Hashable, Sendable {
        fileprivate let slot: Int
    }

    /// What follows from a wish to hold more.
    enum Decision: Sendable, Equatable {
        case granted
        /// The user's own bytes are in the way: ask again when some of them are given back.
        case wait
        /// The bytes of other users are in the way.
        case refused
        /// A user alone may never hold as much.
        case never
    }

    private struct Entry: Sendable {
        var uid: UInt32
        var bytes = 0
        var holders = 0
        /// Short requests beyond the share.
        var exempt = 0
    }

    /// What a connection takes, beside what is in flight on it.
    static let connectionBytes = 16 << 10
    /// What a request takes while it waits, beside its bytes.
    static let requestBytes = 4 << 10
    /// What a reply takes while it is under way, beside what it brings.
    static let replyBytes = 16 << 10
    /// Short requests that a user may have beyond its share.
    static let exemptLimit = 32
    /// Larger wishes are refused where the total lacks room; smaller ones wait.
    static let largeBytes = 64 << 10

    /// Bytes of all users together.
    private(set) var limit: Int
    /// What each user may hold in any case.
    private(set) var assuredBytes: Int
    /// Bytes that are held now.
    private(set) var held = 0
    private var entries: [Entry] = []
    private var freeSlots: [Int] = []
    private var slots: [UInt32: Int] = [:]

    init(limit: Int) {
        self.limit = limit
        assuredBytes = Self.assured(of: limit)
    }

    /// Takes another limit. What is held stays, also beyond it.
    mutating func adopt(limit: Int) {
        self.limit = limit
        assuredBytes = Self.assured(of: limit)
    }

    private static func assured(of limit: Int) -> Int { limit / 128 }

    /// What a request costs whose frame has `length` bytes: the request itself, and a body made of it for a provider.
    static func cost(ofFrame length: Int) -> Int { requestBytes + 2 * length }

    /// Begins to hold bytes of the user `uid`; one more connection, or request, does.
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

    /// Ends what `open` began. The account of a user without connections and bytes is forgotten.
    mutating func close(_ user: User) {
        entries[user.slot].holders -= 1
        forget(user.slot)
    }

    private mutating func forget(_ slot: Int) {
        guard entries[slot].holders <= 0, entries[slot].bytes <= 0 else { return }
        held -= entries[slot].bytes
        slots[entries[slot].uid] = nil
        freeSlots.append(slot)
    }

    /// `change` more bytes are held, or fewer.
    mutating func add(_ change: Int, of user: User) {
        entries[user.slot].bytes &+= change
        held &+= change
    }

    mutating func beginExempt(of user: User) -> Bool {
        guard entries[user.slot].exempt < Self.exemptLimit else { return false }
        entries[user.slot].exempt += 1
        return true
    }

    mutating func endExempt(of user: User) {
        entries[user.slot].exempt -= 1
    }

    func bytes(of user: User) -> Int { entries[user.slot].bytes }

    /// Whether `more` bytes may be held.
    func decide(_ more: Int, of user: User) -> Decision {
        let own = entries[user.slot].bytes
        if own &+ more <= assuredBytes || own &+ more <= limit &- (held &+ more) { return .granted }
        if more > limit / 2 { return .never }
        return own <= assuredBytes && more > Self.largeBytes ? .refused : .wait
    }

    /// Whether the user holds more than its share.
    func isOver(_ user: User) -> Bool {
        let own = entries[user.slot].bytes
        return own > assuredBytes && own > limit &- held
    }

    /// Whether the user holds so much that what it sends is read in small pieces.
    func isHeavy(_ user: User) -> Bool { entries[user.slot].bytes > limit / 16 }
}
