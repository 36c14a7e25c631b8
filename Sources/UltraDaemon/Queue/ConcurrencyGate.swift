internal import UltraAPI
internal import UltraSystem

/// Lets so many requests at once to a provider; the others wait, in turn by user and by process.
@Loop
final class ConcurrencyGate {
    typealias Client = TurnQueue<Waiter>.Client

    @Loop
    final class Waiter {
        fileprivate var continuation: UnsafeContinuation<Void, Never>?
        fileprivate var isAdmitted = false
        /// It does not wait any more, and its place in the line is skipped.
        fileprivate var isGone = false
        fileprivate var hasTimedOut = false
        /// Others have more right to its place.
        fileprivate var isCrowdedOut = false
    }

    /// Places in the line of requests that have gone, or an eighth of those that wait.
    private static let goneLimit = 64

    private let provider: String
    private var places: PlaceShares
    private(set) var queued = 0
    private var queue: TurnQueue<Waiter>

    init(limit: Int, queueLimit: Int, provider: String) {
        places = PlaceShares(limit: limit)
        queue = TurnQueue(limit: queueLimit)
        self.provider = provider
    }

    var limit: Int { places.limit }
    var inFlight: Int { places.taken }

    /// True: the request may go without waiting, and `leave` must follow. Those who wait are no obstacle: where a place is
    /// free they have their share of the places.
    func enterAtOnce(_ client: Client) -> Bool {
        guard places.mayEnter(client.uid) else { return false }
        places.enter(client.uid)
        return true
    }

    /// Returns when the request may go; `leave` must follow. Throws when the line is full or the wait too long, and
    /// when the task is cancelled.
    func enter(_ client: Client, within limit: Duration) async throws(UltraError) {
        if enterAtOnce(client) { return }
        let waiter = Waiter()
        queued += 1
        if let crowdedOut = queue.push(waiter, for: client) {
            crowdedOut.isCrowdedOut = true
            giveUp(crowdedOut)
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
        if waiter.isCrowdedOut {
            throw UltraError(
                .rateLimited,
                "\(queued) requests wait for \(provider): the most there may be, of all users or of yours",
                hint: "send fewer at once, or raise limits.queued_per_provider", provider: "ultrad", isRetryable: true)
        }
        guard waiter.hasTimedOut else { throw UltraError(.cancelled, "the request was cancelled") }
        throw UltraError(
            .timeout, "no turn came at \(provider) in time: the queue timer ran out",
            hint: "send fewer at once, or raise timeouts.queue", timeout: .queue, provider: "ultrad",
            isRetryable: true)
    }

    /// A request that had entered is through.
    func leave(_ client: Client) {
        places.leave(client.uid)
        admit()
    }

    /// Other limits hold from now on; who is in stays in, and who waits goes on waiting.
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
        // While nobody leaves, nobody is popped: those who have gone must not pile up, nor cost their client its turns.
        if queue.count > queued + max(Self.goneLimit, queued / 8) { queue.removeAll { $0.isGone } }
    }
}
