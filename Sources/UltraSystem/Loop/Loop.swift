/// The daemon's main isolation domain: `@Loop` code and state run on the thread of `EventLoop.shared`.
///
/// The compiler confines `@Loop` state to that thread, so it needs no lock and no change of thread.
@globalActor
package actor Loop {
    package static let shared = Loop()

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        EventLoop.shared.asUnownedSerialExecutor()
    }

    /// Runs `body` in the loop's isolation from a C callback. Traps on any other thread than the loop's.
    ///
    /// Uses the same cast as the standard library's `MainActor.assumeIsolated`, which exists for that actor only.
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

    /// Like `assumeIsolated(_:)`, for callbacks that run for every piece of data received: a closure that captures
    /// nothing needs no allocation.
    @inline(__always)
    package static func assumeIsolated<Argument, Result>(
        with argument: Argument, _ body: @escaping @Loop (Argument) -> Result
    ) -> Result {
        precondition(EventLoop.shared.isCurrent, "a loop callback ran on another thread")
        return unsafeBitCast(body, to: ((Argument) -> Result).self)(argument)
    }

    /// Starts a task on the loop. The only place in the project that creates one.
    ///
    /// The executor preference keeps every resumption on the loop; without it each would go through the global pool,
    /// which is about a hundred times slower.
    @discardableResult
    package static func spawn<Result: Sendable>(
        _ body: sending @escaping @Loop () async -> Result
    ) -> Task<Result, Never> {
        Task(executorPreference: EventLoop.shared, operation: body)
    }

    /// Runs `body` immediately if called on the loop's thread; otherwise starts a task that runs it there.
    package static func perform(_ body: @escaping @Loop @Sendable () -> Void) {
        if EventLoop.shared.isCurrent {
            assumeIsolated(body)
        } else {
            spawn(body)
        }
    }

    /// Suspends for `duration`, with millisecond accuracy.
    /// - Throws: `CancellationError` as soon as the task is cancelled.
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

    /// Suspends until the end of the loop's current turn. Long-running work calls it between steps, so that descriptors
    /// and timers are served in between.
    @Loop
    package static func nextTurn() async {
        await withUnsafeContinuation(isolation: Loop.shared) { continuation in
            Deferred(.endOfTurn) { continuation.resume() }.schedule()
        }
    }
}
