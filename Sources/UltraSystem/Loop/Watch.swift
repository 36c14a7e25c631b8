internal import CSystemd
internal import Glibc

/// Interest in one descriptor. Released or cancelled, it is no longer watched; the descriptor stays open.
@Loop
package final class Watch {
    package struct Events: OptionSet, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        package static let input = Events(rawValue: EPOLLIN.rawValue)
        package static let output = Events(rawValue: EPOLLOUT.rawValue)
        /// The peer will send no more (`shutdown(SHUT_WR)` or a close).
        package static let peerClosed = Events(rawValue: EPOLLRDHUP.rawValue)
        package static let hangUp = Events(rawValue: EPOLLHUP.rawValue)
        package static let error = Events(rawValue: EPOLLERR.rawValue)
    }

    package let descriptor: CInt
    let onReady: @Loop (Events) -> Void
    private var interest: Events
    /// Names this watch in the loop's table; nil: cancelled.
    private var token: UInt64?

    /// Watches `descriptor`, level-triggered, and calls `onReady` whenever one of `interest` holds.
    package init(_ descriptor: CInt, _ interest: Events, onReady: @escaping @Loop (Events) -> Void) {
        self.descriptor = descriptor
        self.interest = interest
        self.onReady = onReady
        token = EventLoop.shared.register(self)
        control(EPOLL_CTL_ADD)
    }

    /// Watches a descriptor of which it is not certain that it can be: nil where it is closed, or watched already.
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

    /// Changes what is waited for. Costs a system call only where it differs.
    package func update(_ interest: Events) {
        guard token != nil, interest != self.interest else { return }
        self.interest = interest
        control(EPOLL_CTL_MOD)
    }

    /// Stops watching, at once. Call it before the descriptor is closed.
    package func cancel() {
        guard token != nil else { return }
        control(EPOLL_CTL_DEL)
        unregister()
    }

    /// Stops watching a descriptor that its owner may have closed already, which is where the kernel dropped it.
    ///
    /// Returns whether it was open.
    @discardableResult
    func forget() -> Bool {
        guard token != nil else { return false }
        unregister()
        var event = epoll_event()
        // EBADF: closed. ENOENT: closed, and its number was given to another file.
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
        // The kernel has no room for it (ENOMEM, or ENOSPC beyond epoll's max_user_watches): nothing would be heard of
        // this descriptor again, so its owner is told that it is broken.
        Deferred(.soon) { [weak self] in
            guard let self, token != nil else { return }
            onReady([.error, .hangUp])
        }.schedule()
    }
}
