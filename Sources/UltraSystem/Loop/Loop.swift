/// The daemon's one isolation domain: everything it owns runs on the thread of `EventLoop.shared`.
///
/// The compiler confines `@Loop` state to that thread, so there is no lock and no hop.
@globalActor
package actor Loop {
    package static let shared = Loop()

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        EventLoop.shared.asUnownedSerialExecutor()
    }

    /// Enters the loop's isolation from a C callback, which always runs on the loop's thread.
    ///
    /// The same cast as the standard library's `MainActor.assumeIsolated`, which exists for that actor alone.
    package static func assumeIsolated<Result, Failure: Error>(
        _ body: @Loop () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(EventLoop.shared.isCurrent, "a loop callback ran on another thread")
        typealias Isolated = @Loop () throws(Failure) -> Result
        typealias Plain = () throws(Failure) -> Result
        return try withoutActuallyEscaping(body) { (isolated: @escaping Isolated) throws(Failure) -> Result in
            try unsafeBitCast(isolated, to: Plain.self)()
        }
    }

    /// The same for callbacks of every byte received: a closure that captures nothing costs no allocation.
    @inline(__always)
    package static func assumeIsolated<Argument, Result>(
        with argument: Argument, _ body: @escaping @Loop (Argument) -> Result
    ) -> Result {
        precondition(EventLoop.shared.isCurrent, "a loop callback ran on another thread")
        return unsafeBitCast(body, to: ((Argument) -> Result).self)(argument)
    }

    /// Starts a task on the loop; the only place that does.
    ///
    /// The executor preference keeps every resumption on the loop; without it each
    /// one goes through the global pool, a hundred times slower.
    @discardableResult
    package static func spawn<Result: Sendable>(
        _ body: sending @escaping @Loop () async -> Result
    ) -> Task<Result, Never> {
        Task(executorPreference: EventLoop.shared, operation: body)
    }

    /// Runs `body` at once on the loop's thread, and as soon as possible from any other.
    package static func perform(_ body: @escaping @Loop @Sendable () -> Void) {
        if EventLoop.shared.isCurrent {
            assumeIsolated(body)
        } else {
            spawn(body)
        }
    }

    /// Suspends for `duration`, right to a millisecond; throws at once when the task is cancelled.
    @Loop
    package static func sleep(for duration: Duration) async throws(CancellationError) {
        let timer = Timer {}
        await withTaskCancellationHandler {
            await withUnsafeContinuation(isolation: Loop.shared) { continuation in
                guard !Task.isCancelled else { return continuation.resume() }
                timer.onFire = { continuation.resume() }
                timer.arm(after: duration)
            }
        } onCancel: {
            Loop.perform { timer.fireNow() }
        }
        if Task.isCancelled { throw CancellationError() }
    }

    /// Suspends until the loop has looked at its descriptors and timers: for work that takes long, in between.
    @Loop
    package static func nextTurn() async {
        await withUnsafeContinuation(isolation: Loop.shared) { continuation in
            Deferred(.endOfTurn) { continuation.resume() }.schedule()
        }
    }
}
