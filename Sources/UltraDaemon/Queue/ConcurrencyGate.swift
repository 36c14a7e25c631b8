internal import UltraAPI
internal import UltraSystem

/// Limits the concurrent requests to a provider. Further requests wait in a queue that is fair to users and processes.
@Loop
final class ConcurrencyGate {
    typealias Client = HierarchicalFairQueue<Waiter>.Client

    @Loop
    final class Waiter {
        fileprivate var continuation: UnsafeContinuation<Void, Never>?
        fileprivate var isAdmitted = false
        /// True once it stopped waiting; it stays in the queue until it is popped or removed.
        fileprivate var isGone = false
        fileprivate var hasTimedOut = false
        /// True if the queue was full and dropped this request.
        fileprivate var isDropped = false
    }

    /// The queue is compacted when it holds more requests that stopped waiting than this, or than an eighth of the
    /// waiting ones.
    private static let goneLimit = 64

    private let provider: String
    private var places: PlaceShares
    private(set) var queued = 0
    private var queue: HierarchicalFairQueue<Waiter>

    init(limit: Int, queueLimit: Int, provider: String) {
        places = PlaceShares(limit: limit)
        queue = HierarchicalFairQueue(limit: queueLimit)
        self.provider = provider
    }

    var limit: Int { places.limit }
    var inFlight: Int { places.taken }

    /// Admits the request if it need not wait. Waiting requests do not prevent that: where a place is free, their users
    /// have used up their shares of the places.
    /// - Returns: true if the request is admitted; the caller must call `leave` when it ends.
    /// - Parameter isShared: true if several users have connections to the daemon; nil: as before.
    func enterAtOnce(_ client: Client, isShared: Bool? = nil) -> Bool {
        if let isShared { places.isShared = isShared }
        guard places.mayEnter(client.uid) else { return false }
        places.enter(client.uid)
        return true
    }

    /// Waits until the request is admitted; the caller must call `leave` when it ends.
    /// - Parameter limit: the longest wait.
    /// - Throws: `rate_limited` if the queue is full, `timeout` after `limit`, `cancelled` if the task is cancelled.
    func enter(_ client: Client, within limit: Duration) async throws(UltraError) {
        if enterAtOnce(client) { return }
        let waiter = Waiter()
        queued += 1
        if let dropped = queue.push(waiter, for: client) {
            dropped.isDropped = true
            giveUp(dropped)
        }
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
            leave(client)
        } else {
            giveUp(waiter)
        }
        if waiter.isDropped {
            throw UltraError(
                .rateLimited,
                "\(queued) requests wait for \(provider): the queue is full, for all users or for you",
                hint: "send fewer at once, or raise limits.queued_per_provider", provider: "ultrad", isRetryable: true)
        }
        guard waiter.hasTimedOut else { throw UltraError(.cancelled, "the request was cancelled") }
        throw UltraError(
            .timeout, "the request waited too long in the queue of \(provider)",
            hint: "send fewer at once, or raise timeouts.queue", timeout: .queue, provider: "ultrad",
            isRetryable: true)
    }

    /// Ends an admitted request of `client` and admits the next one in the queue.
    func leave(_ client: Client) {
        places.leave(client.uid)
        admit()
    }

    /// Changes the limits. Admitted requests continue and waiting ones keep their places, even beyond the new limits.
    func adopt(limit: Int, queueLimit: Int) {
        places.limit = limit
        queue.limit = queueLimit
        admit()
    }

    private func admit() {
        while places.taken < places.limit, let (uid, next) = queue.pop(where: places.mayEnter) {
            guard !next.isGone else { continue }
            queued -= 1
            places.enter(uid)
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
        // Without `leave` nothing is popped, so the queue would fill up with requests that stopped waiting, and these
        // would count against their users' limits.
        if queue.count > queued + max(Self.goneLimit, queued / 8) { queue.removeAll { $0.isGone } }
    }
}
