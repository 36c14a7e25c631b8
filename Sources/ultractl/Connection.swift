import CSignal
import Glibc
import libultra

/// Owns a libultra connection to the daemon, and closes it when it goes out of scope.
struct Connection: ~Copyable {
    /// The longest wait for the daemon to accept the connection.
    private static let connectLimit: Duration = .seconds(10)
    /// The longest wait for the terminal event of a cancelled request.
    private static let cancelLimit: Duration = .seconds(2)

    private let handle: OpaquePointer

    /// Connects to the daemon.
    ///
    /// - Parameters:
    ///   - socket: the path of its Unix socket; `nil`: the path that `ultra_socket_path()` finds.
    ///   - timeLimit: lowers `connectLimit` if it is shorter.
    /// - Throws: `.noDaemon`.
    init(socket: String?, timeLimit: Duration?) throws(Failure) {
        var connection: OpaquePointer?
        let limit = min(timeLimit ?? Self.connectLimit, Self.connectLimit)
        let result = ultra_connect(socket, limit.pollMilliseconds, &connection)
        guard let connection else { throw .noDaemon(socket: socket, result: result) }
        handle = connection
    }

    deinit { ultra_connection_free(handle) }

    /// Sends a request and returns its `result` or `done` event.
    ///
    /// SIGINT cancels the request and waits for the daemon to confirm; a second SIGINT returns at once.
    ///
    /// - Parameters:
    ///   - fields: a JSON object without `id` and `op`.
    ///   - timeLimit: the time from now to the terminal event; `nil`: no limit.
    ///   - idleLimit: the longest time between two calls of `onWait`; `nil`: no limit.
    ///   - onWait: called before each wait for the daemon.
    ///   - onEvent: called for each event before the terminal one.
    /// - Throws: `.refused`, `.timedOut`, `.interrupted`, `.lost`, `.usage`, and what `onEvent` throws.
    func exchange(
        _ op: String, fields: [UInt8], timeLimit: Duration?, idleLimit: Duration? = nil, onWait: () -> Void = {},
        onEvent: (borrowing Event) throws(Failure) -> Void = { (_) throws(Failure) in }
    ) throws(Failure) -> Event {
        let interrupts = Interrupts()
        var deadline = timeLimit.map { ContinuousClock.now + $0 }
        let request = try send(op, fields)
        var isCancelled = false
        while true {
            if let event = try next() {
                switch event.kind {
                case _ where isCancelled && event.isTerminal: throw .interrupted
                case _ where isCancelled: break
                case ULTRA_KIND_ERROR: throw .refused(Refusal(event))
                case ULTRA_KIND_RESULT, ULTRA_KIND_DONE: return event
                default: try onEvent(event)
                }
                continue
            }
            if !isCancelled { onWait() }
            switch wait(interrupts, until: deadline, idleLimit: isCancelled ? nil : idleLimit) {
            case .readyOrIdle: break
            case .interrupted where isCancelled: throw .interrupted
            case .interrupted:
                isCancelled = true
                deadline = .now + Self.cancelLimit
                // Fails only if the connection does, and next() reports that.
                _ = ultra_cancel(handle, request)
            case .late: throw isCancelled ? .interrupted : .timedOut(timeLimit ?? .zero)
            }
        }
    }

    /// Sends a request without waiting for its answer.
    ///
    /// - Returns: the request's id, which its events carry.
    func send(_ op: String, _ fields: [UInt8]) throws(Failure) -> UInt64 {
        var request: UInt64 = 0
        let text = fields.map(CChar.init(bitPattern:)) + [0]
        let result = ultra_send(handle, op, text, &request)
        switch result {
        case 0...: return request
        case -EINVAL: throw .usage("the request must be a JSON object without id and op")
        case -EMSGSIZE:
            // In JSON a quote or a line end takes two bytes: it may be far longer than what was given.
            throw .usage("as JSON the request is longer (\(Quantity.bytes(fields.count))) than a frame may be (16 MiB)")
        default: throw .lost(result)
        }
    }

    /// Returns the next event that has arrived; `nil`: none has.
    func next() throws(Failure) -> Event? {
        var event: OpaquePointer?
        let result = ultra_next(handle, 0, &event)
        guard result >= 0 else { throw .lost(result) }
        return event.map { Event(owning: $0) }
    }

    /// The descriptor to poll together with others before calling `next()`.
    var descriptor: Int32 { ultra_get_fd(handle) }
    /// The events to poll it for.
    var events: Int16 { Int16(ultra_get_events(handle)) }

    private enum Wake {
        case readyOrIdle, interrupted, late
    }

    private func wait(
        _ interrupts: borrowing Interrupts, until deadline: ContinuousClock.Instant?, idleLimit: Duration?
    ) -> Wake {
        let left = deadline.map { ContinuousClock.now.duration(to: $0) }
        if let left, left <= .zero { return .late }
        var descriptors = [
            pollfd(fd: descriptor, events: events, revents: 0),
            pollfd(fd: interrupts.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let limit = [left, idleLimit].compactMap { $0 }.min()
        poll(&descriptors, nfds_t(descriptors.count), limit?.pollMilliseconds ?? -1)
        return interrupts.hasInterrupt() ? .interrupted : .readyOrIdle
    }
}

/// Blocks SIGINT and other signals, and delivers them through a signalfd(2) until it goes out of scope.
struct Interrupts: ~Copyable {
    /// Readable while a signal is pending; -1 if the process is out of descriptors, and signals keep their disposition.
    let descriptor: Int32
    private var previous = sigset_t()

    /// - Parameter others: signals to block besides SIGINT.
    init(and others: Int32...) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT] + others { sigaddset(&signals, number) }
        descriptor = signalfd(-1, &signals, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        if descriptor >= 0 { sigprocmask(SIG_BLOCK, &signals, &previous) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        // A late signal was meant for the request that has ended: unblocked, it would kill the process.
        while nextSignal() != nil {}
        close(descriptor)
        var previous = previous
        sigprocmask(SIG_SETMASK, &previous, nil)
    }

    /// Removes one pending signal and returns its number; `nil`: none is pending.
    func nextSignal() -> Int32? {
        var info = signalfd_siginfo()
        guard read(descriptor, &info, MemoryLayout.size(ofValue: info)) > 0 else { return nil }
        return Int32(info.ssi_signo)
    }

    /// Removes pending signals up to the first SIGINT, and returns true if there was one.
    func hasInterrupt() -> Bool {
        while let number = nextSignal() {
            if number == SIGINT { return true }
        }
        return false
    }
}
