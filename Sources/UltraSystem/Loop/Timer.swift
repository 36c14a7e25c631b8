/// A one-shot timer of the loop with millisecond accuracy.
@Loop
package final class Timer {
    /// Called on the loop when the timer fires; the timer is disarmed by then.
    package var onFire: @Loop () -> Void

    /// Position in the loop's heap; nil if disarmed.
    var position: Int?

    package init(_ onFire: @escaping @Loop () -> Void) {
        self.onFire = onFire
    }

    package var isArmed: Bool { position != nil }

    /// Fires after `duration`; a negative one counts as zero. Re-arming moves the timer. The loop retains it while it
    /// is armed.
    package func arm(after duration: Duration) {
        arm(at: EventLoop.now + UInt64(max(0, duration.nanoseconds)))
    }

    /// Fires when `CLOCK_MONOTONIC` reaches `deadline` nanoseconds. Otherwise like `arm(after:)`.
    package func arm(at deadline: UInt64) {
        EventLoop.shared.arm(self, at: deadline)
    }

    /// Disarms the timer.
    package func cancel() {
        guard isArmed else { return }
        EventLoop.shared.disarm(self)
    }

    /// Fires now if it is armed.
    func fireNow() {
        guard isArmed else { return }
        cancel()
        onFire()
    }
}

extension Duration {
    /// Whole nanoseconds; saturates where the seconds overflow.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow
            ? (seconds < 0 ? .min : .max) : product.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue
    }

    package var milliseconds: Double { Double(nanoseconds) / 1_000_000 }
}

/// Work that runs once, later in the current turn of the loop, however often it is scheduled.
@Loop
package final class Deferred {
    /// When in the turn the work runs.
    package enum Moment {
        /// With the jobs, before the loop polls descriptors again.
        case soon
        /// After the jobs of the turn, so that everything they produced is sent in one write.
        case endOfTurn
    }

    private let moment: Moment
    private var isQueued = false
    private let work: @Loop () -> Void

    package init(_ moment: Moment, _ work: @escaping @Loop () -> Void) {
        self.moment = moment
        self.work = work
    }

    /// Queues the work unless it is queued. The loop retains this object until it has run.
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
