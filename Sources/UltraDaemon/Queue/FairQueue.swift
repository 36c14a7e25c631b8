/// A queue that serves clients round-robin: ten thousand items of one client delay another client by one item.
struct FairQueue<Client: Hashable & Sendable, Item> {
    private var lines: [Client: [Item]] = [:]
    /// The number of items popped from the front of each client's line, which is compacted when half of it is popped.
    private var popped: [Client: Int] = [:]
    /// The clients in the order in which they are served, from `nextTurn` on. Every client with items is in it once.
    private var turns: [Client] = []
    private var nextTurn = 0
    private(set) var count = 0

    mutating func push(_ item: Item, for client: Client) {
        if lines[client] == nil { turns.append(client) }
        lines[client, default: []].append(item)
        count += 1
    }

    func count(of client: Client) -> Int { (lines[client]?.count ?? 0) - (popped[client] ?? 0) }

    /// The client with the most items; nil: the queue is empty. O(number of clients).
    var longest: Client? {
        lines.max { $0.value.count - (popped[$0.key] ?? 0) < $1.value.count - (popped[$1.key] ?? 0) }?.key
    }

    /// Removes the newest item of `client`; nil: it has none.
    mutating func removeNewest(of client: Client) -> Item? {
        guard var line = lines.removeValue(forKey: client), let item = line.popLast() else { return nil }
        count -= 1
        if line.count == popped[client] ?? 0 {
            popped[client] = nil
            if let turn = turns[nextTurn...].firstIndex(of: client) { turns.remove(at: turn) }
        } else {
            lines[client] = line
        }
        return item
    }

    /// Removes every item for which `isRemoved` returns true. O(count).
    mutating func removeAll(where isRemoved: (Item) -> Bool) {
        var kept: [Client: [Item]] = [:]
        count = 0
        for (client, line) in lines {
            let items = line[(popped[client] ?? 0)...].filter { !isRemoved($0) }
            guard !items.isEmpty else { continue }
            kept[client] = items
            count += items.count
        }
        turns = turns[nextTurn...].filter { kept[$0] != nil }
        nextTurn = 0
        popped = [:]
        lines = kept
    }

    /// Removes the next item of the clients for which `mayGo` returns true; nil: none of these waits. The other clients
    /// go to the end of the rotation.
    mutating func pop(where mayGo: (Client) -> Bool) -> Item? {
        for _ in nextTurn..<turns.count {
            if mayGo(turns[nextTurn]) { return pop() }
            turns.append(turns[nextTurn])
            nextTurn += 1
        }
        compactTurns()
        return nil
    }

    /// Removes the turns that were served, once they are most of the array.
    private mutating func compactTurns() {
        guard nextTurn > 64, nextTurn * 2 > turns.count else { return }
        turns.removeFirst(nextTurn)
        nextTurn = 0
    }

    /// Removes the next item; nil: the queue is empty.
    mutating func pop() -> Item? {
        guard count > 0, nextTurn < turns.count else { return nil }
        let client = turns[nextTurn]
        nextTurn += 1
        compactTurns()
        guard var line = lines.removeValue(forKey: client) else { return pop() }
        let index = popped[client] ?? 0
        let item = line[index]
        count -= 1
        if index + 1 == line.count {
            popped[client] = nil
        } else {
            if (index + 1) * 2 > line.count {
                line.removeFirst(index + 1)
                popped[client] = 0
            } else {
                popped[client] = index + 1
            }
            lines[client] = line
            turns.append(client)
        }
        return item
    }
}

/// A bounded queue that is fair on two levels: round-robin among users, and among each user's processes. Ten thousand
/// items of one user, from any number of processes, delay another user by one item.
///
/// A full queue drops the newest item of the process with the most items, of the user with the most items, so that one
/// user cannot crowd out another.
struct HierarchicalFairQueue<Item> {
    /// A process. All of its connections share one place in the rotation.
    struct Client: Hashable, Sendable {
        var uid: UInt32
        var pid: Int32
    }

    /// The order of the users. It contains each user's uid once per item.
    private var turns = FairQueue<UInt32, UInt32>()
    private var users: [UInt32: FairQueue<Int32, Item>] = [:]
    /// The number of items of all users.
    var limit: Int

    /// One user may always have this many items, even if that is the whole queue.
    private static var assuredItems: Int { 64 }

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { turns.count }

    /// The number of items of one user: a quarter of `limit`, or `assuredItems` in a small queue.
    var userLimit: Int { max(limit / 4, min(limit, Self.assuredItems)) }

    /// Appends `item` to its process's line.
    /// - Returns: the item that is dropped because the queue is full, possibly `item` itself; nil: none.
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

    /// Removes the next item of the users for which `mayGo` returns true; nil: none of these waits.
    mutating func pop(where mayGo: (UInt32) -> Bool = { _ in true }) -> (uid: UInt32, item: Item)? {
        guard let uid = turns.pop(where: mayGo), let item = users[uid]?.pop() else { return nil }
        if users[uid]?.count == 0 { users[uid] = nil }
        return (uid, item)
    }

    /// Removes every item for which `isRemoved` returns true. O(count).
    mutating func removeAll(where isRemoved: (Item) -> Bool) {
        for uid in Array(users.keys) {
            users[uid]?.removeAll(where: isRemoved)
            let left = users[uid]?.count ?? 0
            while turns.count(of: uid) > left { _ = turns.removeNewest(of: uid) }
            if left == 0 { users[uid] = nil }
        }
    }
}
