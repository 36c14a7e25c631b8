internal import UltraSystem

/// A connection whose next requests wait for a later turn of the loop.
@Loop
protocol PacedConnection: AnyObject {
    var caller: Caller { get }
    /// Takes requests that have been received.
    func goOnTaking()
}

/// Limits the requests of one user that are taken in one turn of the loop.
///
/// A connection may bring a thousand short requests with one read, and a user has many connections. Taken at once, they
/// would hold up everybody for a second. What one user may send in a turn is a few milliseconds of work; its connections
/// come one after the other.
@Loop
final class RequestPace {
    private static let requestsPerTurn = 64
    /// Of one connection, so that connections share them.
    private static let sharedRequests = 8

    private var turn: UInt64 = 0
    private var taken: [UInt32: Int] = [:]
    private var waiting: [any PacedConnection] = []
    private var isScheduled = false
    /// True while several connections go on.
    private var isShared = false

    /// The requests that one connection may take in a turn.
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

    /// Lets the connection go on in the next turn, or in a later one if its user has others before it.
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
