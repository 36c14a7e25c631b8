import CLinux
import Glibc
import Synchronization

/// What the thread of a provider and its tests share.
final class ProviderState: Sendable {
    struct Route: Sendable {
        var method: String?
        var path: String
        /// In order; the last one stays.
        var scripts: [Script]
    }

    /// Somebody who waits for a condition; asked after every change, and told when it is too late.
    struct Waiter: Sendable {
        let deadline: ContinuousClock.Instant
        /// Whether the condition holds now; the waiter is then done with.
        let isSatisfied: @Sendable (borrowing Shared) -> Bool
        let resume: @Sendable (_ inTime: Bool) -> Void
    }

    struct Shared: Sendable {
        var routes: [Route] = []
        var queue: [Script] = []
        var fallback: Script
        var respond: (@Sendable (ReceivedRequest) -> Script)?
        var acceptActions: [AcceptAction] = []
        /// A connection accepted from now on is closed when it has waited so long for a request; nil: never.
        var idleLimit: Duration?

        var requests: [ReceivedRequest] = []
        var connections: [ConnectionRecord] = []
        var nextUnread = 0

        var waiters: [Waiter] = []
        var wantsToListen = true
        var isListening = true
        var isStopping = false

        func hasEnded(_ connection: Int) -> Bool {
            connection < connections.count && connections[connection].ending != nil
        }

        /// The script for a request of which only the head is known; nil if a function decides on the whole request.
        mutating func script(method: String, path: String) -> Script? {
            if let index = routes.firstIndex(where: { $0.path == path && ($0.method ?? method) == method }) {
                guard routes[index].scripts.count > 1 else { return routes[index].scripts[0] }
                return routes[index].scripts.removeFirst()
            }
            if !queue.isEmpty { return queue.removeFirst() }
            return respond == nil ? fallback : nil
        }
    }

    private let shared: Mutex<Shared>
    /// An eventfd: readable when the thread has something to look at.
    let wakeFD: CInt

    init(fallback: Script, respond: (@Sendable (ReceivedRequest) -> Script)?) throws(SystemError) {
        wakeFD = try Sockets.check("eventfd", eventfd(0, CInt(EFD_NONBLOCK) | CInt(EFD_CLOEXEC)))
        shared = Mutex(Shared(fallback: fallback, respond: respond))
    }

    deinit { close(wakeFD) }

    /// From any thread but the provider's; the provider's thread looks at the change at once.
    func change<T>(_ body: (inout Shared) -> sending T) -> sending T {
        let result = shared.withLock(body)
        wake()
        return result
    }

    /// From the provider's own thread, or to read.
    func withLock<T>(_ body: (inout Shared) -> sending T) -> sending T {
        shared.withLock(body)
    }

    func wake() { eventfd_write(wakeFD, 1) }

    /// Resumes the waiters whose time has come, and returns the deadline of the next.
    ///
    /// Called by the provider's thread after every turn.
    func serveWaiters() -> ContinuousClock.Instant? {
        let now = ContinuousClock.now
        let (done, next) = shared.withLock { shared in
            var done: [(waiter: Waiter, inTime: Bool)] = []
            var left: [Waiter] = []
            for waiter in shared.waiters {
                if waiter.isSatisfied(shared) {
                    done.append((waiter, true))
                } else if shared.isStopping || waiter.deadline <= now {
                    done.append((waiter, false))
                } else {
                    left.append(waiter)
                }
            }
            shared.waiters = left
            return (done, left.map(\.deadline).min())
        }
        for (waiter, inTime) in done { waiter.resume(inTime) }
        return next
    }
}

/// What happens to a connection before any request.
package enum AcceptAction: Sendable, Equatable {
    case serve
    /// FIN at once.
    case close
    /// RST at once.
    case reset
    /// Accepted, never read.
    case hang
}
