import CLinux
import Glibc
import Synchronization

/// The state shared by the provider's thread and the tests.
final class ProviderState: Sendable {
    struct Route: Sendable {
        var method: String?
        var path: String
        /// Answers in order; the last one is repeated.
        var scripts: [Script]
    }

    /// A test that waits for a condition, which is checked after every change; at the deadline the wait fails.
    struct Waiter: Sendable {
        let deadline: ContinuousClock.Instant
        /// True if the condition holds now; the waiter is then removed.
        let isSatisfied: @Sendable (borrowing Shared) -> Bool
        let resume: @Sendable (_ inTime: Bool) -> Void
    }

    struct Shared: Sendable {
        var routes: [Route] = []
        var queue: [Script] = []
        var fallback: Script
        var respond: (@Sendable (ReceivedRequest) -> Script)?
        var acceptActions: [AcceptAction] = []
        /// The time after which an idle connection accepted from now on is closed; nil: never.
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

        /// The script for a request whose head was read; nil if a function decides on the whole request.
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
    /// An eventfd that wakes the provider's thread.
    let wakeFD: CInt

    init(fallback: Script, respond: (@Sendable (ReceivedRequest) -> Script)?) throws(SystemError) {
        wakeFD = try Sockets.check("eventfd", eventfd(0, CInt(EFD_NONBLOCK) | CInt(EFD_CLOEXEC)))
        shared = Mutex(Shared(fallback: fallback, respond: respond))
    }

    deinit { close(wakeFD) }

    /// Changes the state from any thread but the provider's, and wakes the provider's thread.
    func change<T>(_ body: (inout Shared) -> sending T) -> sending T {
        let result = shared.withLock(body)
        wake()
        return result
    }

    /// Changes the state on the provider's thread, or reads it on any.
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

/// The provider's action on a new connection, before any request.
package enum AcceptAction: Sendable, Equatable {
    case serve
    /// FIN at once.
    case close
    /// RST at once.
    case reset
    /// The connection is accepted and never read.
    case hang
}
