/// Work to be done once, later in the same turn of the loop, however often it is asked for.
@Loop
package final class Deferred {
    package enum Moment {
        /// Together with the jobs, before the loop looks at descriptors again.
        case soon
        /// When jobs are through: where what they produced is sent in one piece.
        case endOfTurn
    }

    private let moment: Moment
    private var isQueued = false
    private let work: @Loop () -> Void

    package init(_ moment: Moment, _ work: @escaping @Loop () -> Void) {
        self.moment = moment
        self.work = work
    }

    package func schedule() {
        guard !isQueued else { return }
        isQueued = true
        EventLoop.shared.enqueue(self, moment)
    }

    func run() {
        isQueued = false
        work()
    }
}
