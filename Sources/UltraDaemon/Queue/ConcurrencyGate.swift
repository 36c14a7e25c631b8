internal import UltraAPI
internal import UltraSystem

/// Lets so many requests at once to a provider; the others wait, client by client in turn.
@Loop
final class ConcurrencyGate {
    /// Whose turn it is: requests of one process wait in one line, on however many connections.
    struct Client: Hashable, Sendable {
        var uid: UInt32
        var pid: Int32
    }

    @Loop
    private final class Waiter {
        var continuation: UnsafeContinuation<Void, Never>?
        var isAdmitted = false
        /// It does not wait any more, and its place in the line is skipped.
        var isGone = false
        var hasTimedOut = false
    }

    /// Places in the line of requests that have gone, beyond as many as still wait.
    private static let goneLimit = 64

    private(set) var limit: Int
    private var queueLimit: Int
    private let provider: String
    private(set) var inFlight = 0
    private(set) var queued = 0
    private var queue = FairQueue<Client, Waiter>()

    init(limit: Int, queueLimit: Int, provider: String) {
        self.limit = limit
        self.queueLimit = queueLimit
        self.provider = provider
    }

    /// True: the request may go without waiting, and `leave` must follow.
    func enterAtOnce() -> Bool {
        guard inFlight < limit, queued == 0 else { return false }
        inFlight += 1
        return true
    }

    /// Returns when the request may go; `leave` must follow. Throws when the line is full or the wait too long, and
    /// when the task is cancelled.
    func enter(_ client: Client, within limit: Duration) async throws(UltraError) {
        if enterAtOnce() { return }
        guard queued < queueLimit else {
            throw UltraError(
                .rateLimited, "\(queued) requests wait for \(provider), the most there may be",
                hint: "send fewer at once, or raise limits.queued_per_provider", provider: "ultrad", isRetryable: true)
        }
        let waiter = Waiter()
        queue.push(waiter, for: client)
        queued += 1
        let timer = Timer { [unowned self] in
            waiter.hasTimedOut = true
            giveUp(waiter)
        }
        timer.arm(after: limit)
        await withTaskCancellationHandler {
            await withUnsafeContinuation(isolation: Loop.shared) { continuation in
                if Task.isCancelled || waiter.isAdmitted || waiter.isGone { return continuation.resume() }
                waiter.continuation = continuation
            }
        } onCancel: {
            Loop.perform { self.giveUp(waiter) }
        }
        timer.cancel()
        if waiter.isAdmitted {
            guard Task.isCancelled else { return }
            leave()
        } else {
            giveUp(waiter)
        }
        guard waiter.hasTimedOut else { throw UltraError(.cancelled, "the request was cancelled") }
        throw UltraError(
            .timeout, "no turn came at \(provider) in time: the queue timer ran out",
            hint: "send fewer at once, or raise timeouts.queue", timeout: .queue, provider: "ultrad",
            isRetryable: true)
    }

    /// A request that had entered is through.
    func leave() {
        inFlight -= 1
        admit()
    }

    /// Other limits hold from now on; who is in stays in, and who waits goes on waiting.
    func adopt(limit: Int, queueLimit: Int) {
        self.limit = limit
        self.queueLimit = queueLimit
        admit()
    }

    private func admit() {
        while inFlight < limit, let next = queue.pop() {
            guard !next.isGone else { continue }
            queued -= 1
            inFlight += 1
            next.isAdmitted = true
            next.continuation?.resume()
            next.continuation = nil
        }
    }

    private func giveUp(_ waiter: Waiter) {
        guard !waiter.isAdmitted, !waiter.isGone else { return }
        waiter.isGone = true
        queued -= 1
        waiter.continuation?.resume()
        waiter.continuation = nil
        // While nobody leaves, nobody is popped: those who have gone must not pile up, nor cost their client its turns.
        if queue.count > 2 * queued + Self.goneLimit { queue.removeAll { $0.isGone } }
    }
}
