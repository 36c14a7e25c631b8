internal import Logging
internal import UltraAPI
internal import UltraSystem

/// The end of the daemon: requests in flight are finished within `limits.drain`.
extension Daemon {
    /// How long connections stay open after the goaway, so that a request that crosses it is read and refused, and its
    /// client knows that it was not executed. Clients that close their connections end the wait.
    private static var farewellTime: Duration { .milliseconds(100) }

    var isDraining: Bool {
        if case .draining = state { true } else { false }
    }

    /// The first signal drains, the second stops now.
    func stopRequested(by signal: String) {
        switch state {
        case .running:
            state = .draining
            log.note(
                .stopping, "stopping", ["ultra_signal": signal, "ultra_in_flight": "\(activity.inFlight)"])
            drainReport = DrainReport(service) { [unowned self] in
                DrainReport.State(
                    requests: activity.inFlight, sentBytes: door.sentByteCount &+ httpDoor.sentByteCount)
            }
            door.stopListening()
            httpDoor.stopListening()
            stopActivities()
            door.goAway()
            drainTimer.onFire = { [unowned self] in stopNow() }
            drainTimer.arm(after: limits.drain)
            farewell.onFire = { [unowned self] in
                isFarewellOver = true
                stopIfDrained()
            }
            farewell.arm(after: Self.farewellTime)
            feed.end(
                UltraError(
                    .shuttingDown, "ultrad is shutting down", hint: "subscribe to the next one", isRetryable: true))
            stopIfDrained()
        case .draining:
            stopNow()
        }
    }

    private func stopNow() {
        let reason = UltraError(
            .shuttingDown, "ultrad was stopped before the answer was complete", hint: "ask again", isRetryable: true)
        door.cancelAll(reason)
        httpDoor.cancelAll(reason)
        drainTimer.onFire = { EventLoop.shared.stop() }
        drainTimer.arm(after: .milliseconds(200))
        isFarewellOver = true
        stopIfDrained()
    }

    func stopIfDrained() {
        guard case .draining = state, door.isIdle, httpDoor.isIdle else { return }
        if door.connectionCount == 0, httpDoor.connectionCount == 0 { return EventLoop.shared.stop() }
        guard isFarewellOver else { return }
        // Slow readers have until the deadline.
        door.closeWhenDelivered()
        httpDoor.closeWhenDelivered()
    }
}
