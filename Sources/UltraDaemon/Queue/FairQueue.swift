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

    /// Takes out every item for which `isGone` holds; the others keep their turns.
    mutating func removeAll(where isGone: (Item) -> Bool) {
        for (client, line) in lines {
            let left = line[(taken[client] ?? 0)...].filter { !isGone($0) }
            lines[client] = left.isEmpty ? nil : left
            taken[client] = nil
        }
        turns = turns[nextTurn...].filter { lines[$0] != nil }
        nextTurn = 0
        count = lines.values.reduce(0) { $0 + $1.count }
    }

    /// The next one; nil: nobody waits.
    mutating func pop() -> Item? {
        guard count > 0, nextTurn < turns.count else { return nil }
        let client = turns[nextTurn]
        nextTurn += 1
        if nextTurn > 64, nextTurn * 2 > turns.count {
            turns.removeFirst(nextTurn)
            nextTurn = 0
        }
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
