/// A moment at which something happens, unless it is cancelled or moved. Right to a millisecond.
@Loop
package final class Timer {
    /// Called when the moment has come; the timer is disarmed by then.
    package var onFire: @Loop () -> Void

    /// Position in the loop's heap; nil: not armed.
    var position: Int?

    package init(_ onFire: @escaping @Loop () -> Void) {
        self.onFire = onFire
    }

    package var isArmed: Bool { position != nil }

    /// Fires after `duration`; a timer that was armed is moved. The loop retains it while it is armed.
    package func arm(after duration: Duration) {
        arm(at: EventLoop.now + UInt64(max(0, duration.nanoseconds)))
    }

    /// Fires when the monotonic clock reaches `deadline` nanoseconds.
    package func arm(at deadline: UInt64) {
        EventLoop.shared.arm(self, at: deadline)
    }

    package func cancel() {
        guard isArmed else { return }
        EventLoop.shared.disarm(self)
    }

    /// Fires early, if it is armed.
    func fireNow() {
        guard isArmed else { return }
        cancel()
        onFire()
    }
}

extension Duration {
    /// Whole nanoseconds, saturating.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow
            ? (seconds < 0 ? .min : .max) : product.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue
    }

    package var milliseconds: Double { Double(nanoseconds) / 1_000_000 }
}
