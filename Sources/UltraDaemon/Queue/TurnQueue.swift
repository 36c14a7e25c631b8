/// Those who wait, in two levels of turns: by user, and within a user by process. Whoever queues ten thousand, from
/// however many processes, delays another user by one.
///
/// The places are bounded, together and of each user. Where none is left, the newest of the longest line gives way, of
/// the user with the most: a user that waits with little is not refused because another waits with much.
struct TurnQueue<Item> {
    /// Requests of one process wait in one line, on however many connections.
    struct Client: Hashable, Sendable {
        var uid: UInt32
        var pid: Int32
    }

    /// A user's turns: its number, as often as it has items.
    private var turns = FairQueue<UInt32, UInt32>()
    private var users: [UInt32: FairQueue<Int32, Item>] = [:]
    /// Places for all together.
    var limit: Int

    /// Of few places, one user may have them all.
    private static var sharedPlaces: Int { 64 }

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { turns.count }

    /// Places one user may have.
    var userLimit: Int { max(limit / 4, min(limit, Self.sharedPlaces)) }

    /// Adds `item` at the end of its process's line. Returns the item that has to give way, which may be that one.
    mutating func push(_ item: Item, for client: Client) -> Item? {
        guard limit > 0 else { return item }
        turns.push(client.uid, for: client.uid)
        users[client.uid, default: FairQueue()].push(item, for: client.pid)
        if turns.count(of: client.uid) > userLimit { return removeNewest(of: client.uid) }
        guard turns.count > limit, let longest = turns.longest else { return nil }
        return removeNewest(of: longest)
    }

    private mutating func removeNewest(of uid: UInt32) -> Item? {
        guard let pid = users[uid]?.longest else { return nil }
        let item = users[uid]?.removeNewest(of: pid)
        _ = turns.removeNewest(of: uid)
        if users[uid]?.count == 0 { users[uid] = nil }
        return item
    }

    /// The next one of a user that may have its turn; nil: none of those waits.
    mutating func pop(where mayGo: (UInt32) -> Bool = { _ in true }) -> (uid: UInt32, item: Item)? {
        guard let uid = turns.pop(where: mayGo), let item = users[uid]?.pop() else { return nil }
        if users[uid]?.count == 0 { users[uid] = nil }
        return (uid, item)
    }

    /// Takes out whatever `isGone`, in one pass over all.
    mutating func removeAll(where isGone: (Item) -> Bool) {
        for uid in Array(users.keys) {
            users[uid]?.removeAll(where: isGone)
            let left = users[uid]?.count ?? 0
            while turns.count(of: uid) > left { _ = turns.removeNewest(of: uid) }
            if left == 0 { users[uid] = nil }
        }
    }
}
