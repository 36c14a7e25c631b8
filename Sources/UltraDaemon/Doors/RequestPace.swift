internal import UltraSystem

/// A connection whose next requests wait for a later turn of the loop.
@Loop
protocol PacedConnection: AnyObject {
    var caller: Caller { get }
    /// Decodes and begins requests that were received.
    func goOnTaking()
}

/// Limits the requests of one user that begin in one turn of the loop.
///
/// One read may bring a thousand short requests, and a user has many connections. Begun all at once, they would block
/// the loop for a second. The limit keeps a user's part of a turn at a few milliseconds; the user's connections take
/// turns.
@Loop
final class RequestPace {
    private static let requestsPerTurn = 64
    /// The limit for one connection while several wait, so that all of them advance.
    private static let sharedRequests = 8

    private var turn: UInt64 = 0
    private var taken: [UInt32: Int] = [:]
    private var waiting: [any PacedConnection] = []
    private var isScheduled = false
    /// True while more than one connection is resumed.
    private var isShared = false

    /// The number of requests that one connection may begin in a turn.
    var requestsPerConnection: Int {
        waiting.isEmpty && !isShared ? Self.requestsPerTurn : Self.sharedRequests
    }

    /// False if the next request of the user must wait for the next turn.
    func mayTake(_ uid: UInt32) -> Bool {
        let now = EventLoop.shared.turnCount
        if now != turn {
            turn = now
            taken.removeAll(keepingCapacity: true)
        }
        return taken[uid, default: 0] < Self.requestsPerTurn
    }

    /// Counts a request of the user in this turn.
    func took(_ uid: UInt32) {
        taken[uid, default: 0] += 1
    }

    /// Resumes the connection in the next turn, or in a later one if other connections of its user come first.
    func later(_ connection: any PacedConnection) {
        waiting.append(connection)
        guard !isScheduled else { return }
        isScheduled = true
        Loop.spawn { [weak self] in
            await Loop.nextTurn()
            self?.resume()
        }
    }

    private func resume() {
        isScheduled = false
        let connections = waiting
        waiting = []
        isShared = connections.count > 1
        defer { isShared = false }
        var left: [any PacedConnection] = []
        for connection in connections {
            if mayTake(connection.caller.uid) { connection.goOnTaking() } else { left.append(connection) }
        }
        let after = waiting
        waiting = []
        for connection in left + after { later(connection) }
    }
}
