/// Those who wait, client by client in turn: who queues ten thousand delays another by one, not by ten thousand.
struct FairQueue<Client: Hashable & Sendable, Item> {
    private var lines: [Client: [Item]] = [:]
    /// Taken from the front of each client's line; the line is cut when half of it is gone.
    private var taken: [Client: Int] = [:]
    /// Whose turn it is, first one first; everyone with a line is in it once.
    private var turns: [Client] = []
    private var nextTurn = 0
    private(set) var count = 0

    mutating func push(_ item: Item, for client: Client) {
        if lines[client] == nil { turns.append(client) }
        lines[client, default: []].append(item)
        count += 1
    }

    func count(of client: Client) -> Int { (lines[client]?.count ?? 0) - (taken[client] ?? 0) }

    /// The client with the most; nil: nobody waits. Looks at each client once.
    var longest: Client? {
        lines.max { $0.value.count - (taken[$0.key] ?? 0) < $1.value.count - (taken[$1.key] ?? 0) }?.key
    }

    /// Takes out the one of `client` that came last; nil: it has none.
    mutating func removeNewest(of client: Client) -> Item? {
        guard var line = lines.removeValue(forKey: client), let item = line.popLast() else { return nil }
        count -= 1
        if line.count == taken[client] ?? 0 {
            taken[client] = nil
            if let turn = turns[nextTurn...].firstIndex(of: client) { turns.remove(at: turn) }
        } else {
            lines[client] = line
        }
        return item
    }

    /// Takes out whatever `isGone`, in one pass over all.
    mutating func removeAll(where isGone: (Item) -> Bool) {
        var kept: [Client: [Item]] = [:]
        count = 0
        for (client, line) in lines {
            let rest = line[(taken[client] ?? 0)...].filter { !isGone($0) }
            guard !rest.isEmpty else { continue }
            kept[client] = rest
            count += rest.count
        }
        // In the order of their turns, each once.
        turns = turns[nextTurn...].filter { kept[$0] != nil }
        nextTurn = 0
        taken = [:]
        lines = kept
    }

    /// The next one of the clients that may have their turn; nil: none of those waits. The others' turns come again.
    mutating func pop(where mayGo: (Client) -> Bool) -> Item? {
        for _ in nextTurn..<turns.count {
            if mayGo(turns[nextTurn]) { return pop() }
            turns.append(turns[nextTurn])
            nextTurn += 1
        }
        cutTurns()
        return nil
    }

    /// Removes the turns that are over, when they are most of the list.
    private mutating func cutTurns() {
        guard nextTurn > 64, nextTurn * 2 > turns.count else { return }
        turns.removeFirst(nextTurn)
        nextTurn = 0
    }

    /// The next one; nil: nobody waits.
    mutating func pop() -> Item? {
        guard count > 0, nextTurn < turns.count else { return nil }
        let client = turns[nextTurn]
        nextTurn += 1
        cutTurns()
        guard var line = lines.removeValue(forKey: client) else { return pop() }
        let index = taken[client] ?? 0
        let item = line[index]
        count -= 1
        if index + 1 == line.count {
            taken[client] = nil
        } else {
            if (index + 1) * 2 > line.count {
                line.removeFirst(index + 1)
                taken[client] = 0
            } else {
                taken[client] = index + 1
            }
            lines[client] = line
            turns.append(client)
        }
        return item
    }
}
