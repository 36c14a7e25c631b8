import CLinux
import Glibc

/// The thread of a provider: one epoll over its listener, its connections and the wake-ups by tests.
final class ProviderLoop {
    private let state: ProviderState
    private let address: Address
    private let epollFD: CInt
    private var listenerFD: CInt?
    private var connections: [CInt: ProviderConnection] = [:]
    private var interests: [CInt: UInt32] = [:]

    init(state: ProviderState, address: Address, listenerFD: CInt) throws(SystemError) {
        self.state = state
        self.address = address
        self.listenerFD = listenerFD
        epollFD = try Sockets.check("epoll_create1", epoll_create1(CInt(EPOLL_CLOEXEC)))
        watch(listenerFD, EPOLLIN.rawValue)
        watch(state.wakeFD, EPOLLIN.rawValue)
    }

    deinit { close(epollFD) }

    /// Runs until the provider is stopped.
    func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        var timeout: CInt = -1
        while true {
            let count = epoll_wait(epollFD, &events, CInt(events.count), timeout)
            for event in events.prefix(Int(max(count, 0))) { handle(event) }
            for connection in connections.values where connection.isDue { connection.advance() }
            for connection in connections.values { refresh(connection) }
            let nextWaiter = state.serveWaiters()
            if state.withLock({ $0.isStopping }) { return stop() }
            timeout = nextTimeout(nextWaiter)
        }
    }

    private func handle(_ event: epoll_event) {
        let fd = event.data.fd
        if fd == state.wakeFD {
            var value: eventfd_t = 0
            eventfd_read(fd, &value)
            obeyListening()
            for connection in connections.values { connection.advance() }
        } else if fd == listenerFD {
            acceptAll(fd)
        } else if let connection = connections[fd] {
            if event.events & EPOLLOUT.rawValue != 0 { connection.advance() }
            if event.events & EPOLLIN.rawValue != 0 {
                connection.receive()
            } else if event.events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
                connection.hangUp(isError: event.events & EPOLLERR.rawValue != 0)
            }
        }
    }

    // MARK: - Listening

    private func obeyListening() {
        let wanted = state.withLock { $0.wantsToListen }
        if !wanted, let fd = listenerFD {
            close(fd)
            interests[fd] = nil
            listenerFD = nil
        } else if wanted, listenerFD == nil, let fd = try? Sockets.bind(address) {
            // If another process took the port meanwhile, connections stay refused: the waiter of `listenAgain` reports
            // it at its deadline.
            listen(fd, 4096)
            listenerFD = fd
            watch(fd, EPOLLIN.rawValue)
        }
        state.withLock { $0.isListening = listenerFD != nil }
    }

    private func acceptAll(_ listener: CInt) {
        while true {
            let fd = clinux_accept4(listener, CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue))
            if fd < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard fd >= 0 else { return }
            Sockets.setOption(fd, CInt(IPPROTO_TCP), TCP_NODELAY, 1)
            let (number, action, idleLimit) = state.withLock { shared in
                let number = shared.connections.count
                shared.connections.append(ConnectionRecord(number: number, acceptedAt: .now))
                let action = shared.acceptActions.isEmpty ? AcceptAction.serve : shared.acceptActions.removeFirst()
                return (number, action, shared.idleLimit)
            }
            let connection = ProviderConnection(
                fd: fd, number: number, state: state, hangs: action == .hang, idleLimit: idleLimit)
            if action == .close || action == .reset {
                connection.end(.closedByProvider, resets: action == .reset)
                continue
            }
            connections[fd] = connection
            // The descriptor may belong to a connection that was closed in this turn.
            interests[fd] = nil
            refresh(connection)
        }
    }

    // MARK: - Watching

    private func refresh(_ connection: ProviderConnection) {
        let fd = connection.fd
        guard !connection.isClosed else {
            // Closing removed the descriptor from the epoll set (epoll(7)). A new connection may already have its
            // number.
            guard connections[fd] === connection else { return }
            connections[fd] = nil
            interests[fd] = nil
            return
        }
        var interest = EPOLLRDHUP.rawValue
        if !connection.isReadingPaused { interest |= EPOLLIN.rawValue }
        if connection.wantsToWrite { interest |= EPOLLOUT.rawValue }
        watch(fd, interest)
    }

    private func watch(_ fd: CInt, _ interest: UInt32) {
        guard interests[fd] != interest else { return }
        var event = epoll_event()
        event.events = interest
        event.data.fd = fd
        epoll_ctl(epollFD, interests[fd] == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event)
        interests[fd] = interest
    }

    private func nextTimeout(_ nextWaiter: ContinuousClock.Instant?) -> CInt {
        if connections.values.contains(where: \.isRunnable) {
            // Lets the client run before the next piece is written.
            sched_yield()
            return 0
        }
        let deadlines = connections.values.compactMap(\.deadline) + (nextWaiter.map { [$0] } ?? [])
        guard let next = deadlines.min() else { return -1 }
        let left = ContinuousClock.now.duration(to: next)
        return CInt(max(0, left / .milliseconds(1)).rounded(.up))
    }

    private func stop() {
        for connection in connections.values { connection.end(.closedByProvider) }
        if let listenerFD { close(listenerFD) }
    }
}
