internal import CSystemd
internal import Glibc

/// A watch on one descriptor, in the loop's epoll set. Deinit or `cancel()` ends it; the descriptor stays open and
/// belongs to the caller.
@Loop
package final class Watch {
    /// Readiness events of epoll_ctl(2). `hangUp` and `error` are always reported.
    package struct Events: OptionSet, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        package static let input = Events(rawValue: EPOLLIN.rawValue)
        package static let output = Events(rawValue: EPOLLOUT.rawValue)
        /// The peer has closed, or shut down its sending side.
        package static let peerClosed = Events(rawValue: EPOLLRDHUP.rawValue)
        package static let hangUp = Events(rawValue: EPOLLHUP.rawValue)
        package static let error = Events(rawValue: EPOLLERR.rawValue)
    }

    package let descriptor: CInt
    let onReady: @Loop (Events) -> Void
    private var interest: Events
    /// Identifies this watch in the loop's table; nil after cancellation.
    private var token: UInt64?

    /// Watches `descriptor`, level-triggered, and calls `onReady` on the loop whenever an event of `interest` is
    /// pending.
    ///
    /// If the kernel has no memory for the watch, `onReady` is called once with `error` and `hangUp`.
    package init(_ descriptor: CInt, _ interest: Events, onReady: @escaping @Loop (Events) -> Void) {
        self.descriptor = descriptor
        self.interest = interest
        self.onReady = onReady
        token = EventLoop.shared.register(self)
        control(EPOLL_CTL_ADD)
    }

    /// Watches a descriptor that may be invalid; nil if it is closed or already watched.
    init?(ifPossible descriptor: CInt, _ interest: Events, onReady: @escaping @Loop (Events) -> Void) {
        self.descriptor = descriptor
        self.interest = interest
        self.onReady = onReady
        let token = EventLoop.shared.register(self)
        self.token = token
        var event = epoll_event(events: interest.rawValue, data: epoll_data(u64: token))
        guard epoll_ctl(EventLoop.shared.epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            unregister()
            return nil
        }
    }

    isolated deinit {
        cancel()
    }

    /// Changes the events waited for. Makes a system call only if they differ.
    package func update(_ interest: Events) {
        guard token != nil, interest != self.interest else { return }
        self.interest = interest
        control(EPOLL_CTL_MOD)
    }

    /// Stops watching immediately. Call it before closing the descriptor.
    package func cancel() {
        guard token != nil else { return }
        control(EPOLL_CTL_DEL)
        unregister()
    }

    /// Stops watching a descriptor that its owner may already have closed; closing it removed it from epoll.
    /// - Returns: true if the descriptor was still open.
    @discardableResult
    func forget() -> Bool {
        guard token != nil else { return false }
        unregister()
        var event = epoll_event()
        // EBADF: closed. ENOENT: closed, and its number reused by another file.
        return epoll_ctl(EventLoop.shared.epoll, EPOLL_CTL_DEL, descriptor, &event) == 0
    }

    private func unregister() {
        guard let token else { return }
        EventLoop.shared.unregister(token)
        self.token = nil
    }

    private func control(_ operation: CInt) {
        var event = epoll_event(events: interest.rawValue, data: epoll_data(u64: token ?? 0))
        guard epoll_ctl(EventLoop.shared.epoll, operation, descriptor, &event) != 0 else { return }
        assert(errno == ENOMEM || errno == ENOSPC, "epoll_ctl: errno \(errno), a bug of ours")
        guard operation != EPOLL_CTL_DEL else { return }
        // The kernel cannot hold the watch (ENOMEM, or ENOSPC beyond `max_user_watches`; epoll(7)). The owner would
        // never hear of the descriptor again, so report it as broken.
        Deferred(.soon) { [weak self] in
            guard let self, token != nil else { return }
            onReady([.error, .hangUp])
        }.schedule()
    }
}
