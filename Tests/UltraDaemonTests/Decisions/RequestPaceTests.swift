import Testing
import UltraSystem

@testable import UltraDaemon

@Suite("Doors: the pace of a user's requests")
struct RequestPaceTests {
    /// A connection that takes as many requests as it may, like those of the doors.
    @Loop
    private final class Connection: PacedConnection {
        let caller: Caller
        private let pace: RequestPace
        private(set) var left: Int
        /// The numbers of requests taken, by turn.
        private(set) var turns: [UInt64: Int] = [:]

        init(_ pace: RequestPace, uid: UInt32, _ count: Int) {
            self.pace = pace
            caller = Caller(uid: uid, gid: uid)
            left = count
        }

        func goOnTaking() {
            var count = 0
            while left > 0 {
                guard count < pace.requestsPerConnection, pace.mayTake(caller.uid) else {
                    return pace.later(self)
                }
                count += 1
                pace.took(caller.uid)
                left -= 1
                turns[EventLoop.shared.turnCount, default: 0] += 1
            }
        }
    }

    @Test("a turn takes 64 requests of a user, connection by connection, and those of other users beside them")
    func turns() async {
        let (most, early, other) = await LoopThread.run {
            let pace = RequestPace()
            let crowd = (0..<40).map { _ in Connection(pace, uid: 1, 1000) }
            let other = Connection(pace, uid: 2, 1)
            for connection in crowd { connection.goOnTaking() }
            let begin = EventLoop.shared.turnCount
            other.goOnTaking()
            // The first is alone, and takes all; then each takes eight. Until the second one comes to its second eight.
            while crowd[1].left >= 992 { await Loop.nextTurn() }
            let early = crowd[1...].map { 1000 - $0.left }
            while crowd.contains(where: { $0.left > 0 }) { await Loop.nextTurn() }
            var all: [UInt64: Int] = [:]
            for connection in crowd { all.merge(connection.turns) { $0 + $1 } }
            return (all.values.max() ?? 0, early, other.turns[begin])
        }
        #expect(most == 64)
        #expect(early.min() == 8 && early.max() == 16, "\(early)")
        #expect(other == 1)
    }
}
