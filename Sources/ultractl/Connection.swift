import Glibc
import libultra

/// A connection to the daemon for one request; `ultra_connection_free()` runs when it goes out of scope.
struct Connection: ~Copyable {
    /// How long the daemon may take to accept the connection.
    private static let connectLimit: Duration = .seconds(10)
    /// How long a cancelled request may take to end before we leave without the daemon's farewell.
    private static let cancelLimit: Duration = .seconds(2)

    private let handle: OpaquePointer

    /// Connects to the daemon at `socket`, or where it usually is.
    ///
    /// - Throws: `.noDaemon`.
    init(socket: String?, timeLimit: Duration?) throws(Failure) {
        var connection: OpaquePointer?
        let limit = min(timeLimit ?? Self.connectLimit, Self.connectLimit)
        let result = ultra_connect(socket, limit.pollMilliseconds, &connection)
        guard let connection else { throw .noDaemon(socket: socket, result: result) }
        handle = connection
    }

    deinit { ultra_connection_free(handle) }

    /// Sends a request and returns its `result` or `done` event. SIGINT cancels it; a second one does not wait.
    ///
    /// - Parameters:
    ///   - fields: a JSON object without `id` and `op`.
    ///   - timeLimit: from now to the last event; `nil`: no limit.
    ///   - idleLimit: longest time between two calls of `onWait`; `nil`: no limit.
    ///   - onWait: called before each wait for the daemon.
    ///   - onEvent: called for each event before the last.
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
                // It fails only if the connection does, which next() reports.
                _ = ultra_cancel(handle, request)
            case .late: throw isCancelled ? .interrupted : .timedOut(timeLimit ?? .zero)
            }
        }
    }

    /// Sends a request, and returns the number by which its events name it.
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

    /// The next event, if it is there already.
    func next() throws(Failure) -> Event? {
        var event: OpaquePointer?
        let result = ultra_next(handle, 0, &event)
        guard result >= 0 else { throw .lost(result) }
        return event.map { Event(owning: $0) }
    }

    /// What to wait for before the next event, for who waits for other things too.
    var descriptor: Int32 { ultra_get_fd(handle) }
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
        return interrupts.take() ? .interrupted : .readyOrIdle
    }
}
