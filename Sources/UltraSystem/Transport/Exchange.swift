package import UltraAPI

/// Accounts for the memory of exchanges, on behalf of a client.
@Loop
package protocol ByteHolder: AnyObject {
    /// True if more memory is held than the holder's share; an exchange then pauses instead of growing its buffer.
    var isOverShare: Bool { get }
    /// Adds `change` bytes to the memory held; negative when memory is released.
    func hold(_ change: Int)
}

/// One request to an upstream and its reply, read as it arrives. Deinit cancels an unfinished transfer.
///
/// The reader pulls: unread bytes stay in a bounded buffer, and a full buffer pauses the upstream (back-pressure). One
/// reader at a time.
@Loop
package final class Exchange {
    /// Body bytes buffered before the upstream is paused. For a paused HTTP/2 stream libcurl additionally buffers up to
    /// the window it granted: 32 MB before 8.1, 10 MB since.
    nonisolated static let bufferLimitBytes = 64 << 10
    nonisolated static let headLimitBytes = 256 << 10
    private nonisolated static let burstBytes = 16 << 10
    /// Memory of a reply that arrives in bursts: this buffer and the reader's, which are swapped.
    private nonisolated static let burstCharge = 2 * (bufferLimitBytes + burstBytes)

    private let transport: Transport?
    private var easy: CurlEasy?
    private var parser = HTTPHeadParser()
    private var buffer: [UInt8] = []
    private var isPaused = false
    private var isDiscarding = false
    /// Exchanges without a reader, retained until they complete.
    private static var draining: Set<Exchange> = []
    /// nil while the transfer runs; `.some(nil)` if it completed; otherwise its error.
    private var outcome: TransportError??
    private var waiter: UnsafeContinuation<Void, Never>?
    /// Charged for the buffers once the reply arrives in bursts; nil if nothing is charged.
    package var holder: (any ByteHolder)?
    private var isCharged = false
    private var lastPhase = TransportError.Phase.body
    /// Called when a long request body was released: it was sent in full and the reply has begun.
    package var onBodySent: (@Loop () -> Void)?
    /// The error that made this exchange refuse data from libcurl, which ends the transfer.
    private var refusal: TransportError?
    private var decoded = DecodedSize()

    private var timeouts: ExchangeTimeouts
    private var startedAt = EventLoop.now
    private var lastByteAt: UInt64
    private var hasContent = false
    private var timer = Timer {}

    init(_ easy: CurlEasy, _ transport: Transport, _ timeouts: ExchangeTimeouts) {
        self.easy = easy
        self.transport = transport
        self.timeouts = timeouts
        lastByteAt = startedAt
        timer.onFire = { [unowned self] in checkDeadlines() }
        armTimer()
    }

    init(failed error: TransportError) {
        transport = nil
        timeouts = ExchangeTimeouts(connect: .zero)
        lastByteAt = startedAt
        outcome = .some(error)
    }

    isolated deinit {
        timer.cancel()
        if let easy { transport?.recycle(easy) }
    }

    // MARK: - For the reader

    /// Waits for the reply's head.
    /// - Throws: `TransportError` if the transfer ends before the head is complete.
    package func head() async throws(TransportError) -> HTTPHead {
        while true {
            if let head = try arrivedHead() { return head }
            await arrival()
        }
    }

    /// Replaces the content of `bytes` with the data that arrived since the last call; waits until there is some. Swaps
    /// the two buffers, so nothing is copied or allocated.
    /// - Returns: false when the body is complete.
    /// - Throws: `TransportError` if the transfer failed, once all data that arrived was read.
    package func read(into bytes: inout [UInt8]) async throws(TransportError) -> Bool {
        while true {
            switch try takeArrived(into: &bytes) {
            case .nothing: await arrival()
            case .bytes: return true
            case .end: return false
            }
        }
    }

    /// The result of reading without waiting.
    package enum Arrived {
        case nothing, bytes, end
    }

    /// The reply's head; nil if it has not arrived.
    /// - Throws: `TransportError` if the transfer ended without it.
    package func arrivedHead() throws(TransportError) -> HTTPHead? {
        if let head = parser.head { return head }
        if let outcome { throw outcome ?? TransportError(.connectionLost, .waiting, "no reply") }
        return nil
    }

    /// Like `read(into:)`, without waiting.
    package func takeArrived(into bytes: inout [UInt8]) throws(TransportError) -> Arrived {
        bytes.removeAll(keepingCapacity: true)
        if buffer.isEmpty {
            guard let outcome else { return .nothing }
            if let error = outcome { throw error }
            return .end
        }
        swap(&bytes, &buffer)
        if isPaused, let easy {
            isPaused = false
            lastByteAt = EventLoop.now
            transport?.multi.unpause(easy)
        }
        return .bytes
    }

    /// The number of bytes that arrived and were not read.
    package var bufferedByteCount: Int { buffer.count }

    /// Records that the first content was seen: from now on `idle` applies instead of `firstToken`.
    package func contentBegan() {
        guard !hasContent else { return }
        hasContent = true
        armTimer()
    }

    /// Cancels the transfer. The connection of an unfinished HTTP/1.1 transfer is closed before this returns. Does
    /// nothing after the end.
    package func cancel() {
        end(with: TransportError(.cancelled, easy?.phase ?? .body, "cancelled"))
    }

    /// How far the transfer has come, or had come when it failed.
    package var phase: TransportError.Phase { easy?.phase ?? lastPhase }

    /// Ends reading but lets the transfer complete, so that its connection can be reused. The rest of the reply is
    /// discarded.
    /// - Parameter limit: The transfer is cancelled if it takes longer.
    package func finishAlone(within limit: Duration) {
        guard outcome == nil else { return }
        isDiscarding = true
        buffer = []
        releaseCharge()
        if isPaused, let easy {
            isPaused = false
            transport?.multi.unpause(easy)
        }
        timeouts = ExchangeTimeouts(connect: limit, total: limit)
        startedAt = EventLoop.now
        armTimer()
        Self.draining.insert(self)
    }

    /// Waits for data, the head or the end of the transfer, or for `wake()`. Cancelling the task cancels the transfer.
    package func arrival() async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation(isolation: Loop.shared) { continuation in
                if Task.isCancelled {
                    cancel()
                    continuation.resume()
                } else {
                    waiter = continuation
                }
            }
        } onCancel: {
            Loop.perform { self.cancel() }
        }
    }

    // MARK: - From libcurl

    var hasReplyBegun: Bool { parser.byteCount > 0 }

    /// How long the host keeps an idle connection open, from `Keep-Alive: timeout=5` (RFC 2068, section 19.7.1.1); nil
    /// if the reply does not say.
    var keepAliveSeconds: Int? {
        guard let field = parser.head?["keep-alive"], let name = field.firstRange(of: "timeout=") else { return nil }
        return Int(field[name.upperBound...].prefix { $0.isNumber })
    }

    /// Receives one header line. False ends the transfer.
    func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        lastByteAt = EventLoop.now
        guard parser.receive(line) else { return false }
        guard parser.byteCount <= Self.headLimitBytes else {
            refusal = TransportError(
                .protocolViolation, .body, "its header is longer than \(Self.headLimitBytes) bytes")
            return false
        }
        if easy?.releaseBody() == true { onBodySent?() }
        guard let head = parser.head else { return true }
        // Only proxies reply 407 (RFC 9110, section 15.5.8).
        if head.status == 407, let easy {
            refusal = easy.authenticationRefusal(head)
            return false
        }
        wake()
        return true
    }

    enum Reception {
        case taken
        /// Nothing was taken: libcurl keeps the bytes until the transfer is unpaused.
        case paused
        /// Ends the transfer.
        case refused
    }

    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Reception {
        if decoded.needsCheck(after: bytes.count),
            let violation = decoded.violation(parser.head, easy?.wireByteCount ?? 0)
        {
            refusal = violation
            return .refused
        }
        if isDiscarding { return .taken }
        guard buffer.count < Self.bufferLimitBytes else {
            isPaused = true
            return .paused
        }
        // All pieces received in one turn of the loop arrive at the same time.
        if buffer.isEmpty { lastByteAt = EventLoop.now }
        // A burst will fill the buffer: reserve it at once, since growing step by step would copy everything twice.
        if buffer.count >= Self.burstBytes, buffer.capacity < Self.bufferLimitBytes + bytes.count {
            if let holder, !isCharged {
                guard !holder.isOverShare else {
                    isPaused = true
                    return .paused
                }
                isCharged = true
                holder.hold(Self.burstCharge)
            }
            buffer.reserveCapacity(Self.bufferLimitBytes + max(bytes.count, Self.burstBytes))
        }
        buffer.append(contentsOf: bytes)
        wake()
        return .taken
    }

    func finished(_ error: TransportError?) {
        end(with: refusal ?? error)
    }

    /// Milliseconds since the last byte arrived; 0 while paused, when no byte can arrive.
    func silentMilliseconds(at now: UInt64) -> Int {
        isPaused ? 0 : Int(clamping: (now - min(now, lastByteAt)) / 1_000_000)
    }

    private func end(with error: TransportError?) {
        guard outcome == nil else { return }
        outcome = .some(error)
        if error != nil, let easy { lastPhase = easy.phase }
        timer.cancel()
        if let easy {
            let host = error.flatMap { suspect(easy, after: $0) }
            transport?.recycle(easy)
            if let host { transport?.multi.pool.retire(host) }
        }
        easy = nil
        Self.draining.remove(self)
        releaseCharge()
        wake()
    }

    private func releaseCharge() {
        if isCharged { holder?.hold(-Self.burstCharge) }
        isCharged = false
        holder = nil
        onBodySent = nil
    }

    /// The host whose connections must not be reused after this failure; nil if they may be.
    private func suspect(_ easy: CurlEasy, after error: TransportError) -> ConnectionPool.Host? {
        // A drained reply has a time limit of its own, which says nothing about the peer.
        guard !isDiscarding else { return nil }
        let now = EventLoop.now
        let elapsed = Int(clamping: (now - min(now, startedAt)) / 1_000_000)
        return transport?.multi.suspect(easy, after: error, silent: silentMilliseconds(at: now), elapsed: elapsed)
    }

    /// Resumes a waiting reader so that it checks again, for example because memory was released.
    package func wake() {
        guard let continuation = waiter else { return }
        waiter = nil
        continuation.resume()
    }

    // MARK: - Timers

    /// The earliest deadline. One timer serves all of them: activity only records the time, and a timer that fires
    /// early is re-armed.
    private var nextDeadline: (at: UInt64, kind: TimeoutKind)? {
        func after(_ start: UInt64, _ duration: Duration?, _ kind: TimeoutKind) -> (at: UInt64, kind: TimeoutKind)? {
            duration.map { (start &+ UInt64(max(0, $0.nanoseconds)), kind) }
        }
        let reading =
            hasContent
            ? after(isPaused ? EventLoop.now : lastByteAt, timeouts.idle, .idle)
            : after(startedAt, timeouts.firstToken, .firstToken)
        let total = after(startedAt, timeouts.total, .total)
        guard let reading, let total else { return reading ?? total }
        return reading.at <= total.at ? reading : total
    }

    private func armTimer() {
        guard outcome == nil, let deadline = nextDeadline else { return timer.cancel() }
        timer.arm(at: deadline.at)
    }

    private func checkDeadlines() {
        guard let deadline = nextDeadline else { return }
        guard deadline.at <= EventLoop.now else { return armTimer() }
        end(with: TransportError(.timeout(deadline.kind), easy?.phase ?? .waiting, "timed out"))
    }
}

extension Exchange: Hashable {
    package nonisolated static func == (a: Exchange, b: Exchange) -> Bool { a === b }
    package nonisolated func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
