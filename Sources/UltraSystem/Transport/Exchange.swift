package import UltraAPI

/// Whose memory the bytes of an exchange are.
@Loop
package protocol ByteHolder: AnyObject {
    /// More is held than there should be: what can be put off is.
    var isOverShare: Bool { get }
    /// `change` more bytes are held, or fewer.
    func hold(_ change: Int)
}

/// One request to an upstream and its reply, as it arrives.
///
/// Reading is pulling: what nobody reads stays in a bounded buffer, and past the bound the upstream is paused.
@Loop
package final class Exchange {
    /// Bytes of body kept before the upstream is paused. Of a paused HTTP/2 stream libcurl itself keeps what the peer
    /// may still send, which is the window it granted: 32 MB before 8.1, 10 MB since.
    nonisolated static let bufferLimitBytes = 64 << 10
    nonisolated static let headLimitBytes = 256 << 10
    private nonisolated static let burstBytes = 16 << 10
    /// What a reply that comes in bursts takes: this buffer and the reader's, which change places.
    private nonisolated static let burstCharge = 2 * (bufferLimitBytes + burstBytes)

    private let transport: Transport?
    private var easy: CurlEasy?
    private var parser = HTTPHeadParser()
    private var buffer: [UInt8] = []
    private var isPaused = false
    private var isDiscarding = false
    /// Who nobody reads any more, until it has ended.
    private static var lingering: Set<Exchange> = []
    /// How it ended: nil while it runs, `.some(nil)` complete.
    private var outcome: TransportError??
    private var waiter: UnsafeContinuation<Void, Never>?
    /// Charged once the reply comes in bursts; nil: nobody.
    package var holder: (any ByteHolder)?
    private var isCharged = false
    private var lastPhase = TransportError.Phase.body
    /// Called when the request was sent whole and the reply has begun: its bytes are gone.
    package var onBodySent: (@Loop () -> Void)?
    /// Why what libcurl handed over was not taken, which ends the transfer.
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

    /// Status and header fields, once they are here.
    package func head() async throws(TransportError) -> HTTPHead {
        while true {
            if let head = try arrivedHead() { return head }
            await arrival()
        }
    }

    /// Replaces the content of `bytes` by what has arrived since the last call, waiting for some.
    ///
    /// Returns false when the body is complete. The two buffers change places, so that nothing is copied or allocated.
    package func read(into bytes: inout [UInt8]) async throws(TransportError) -> Bool {
        while true {
            switch try takeArrived(into: &bytes) {
            case .nothing: await arrival()
            case .bytes: return true
            case .end: return false
            }
        }
    }

    /// What a reader finds that does not wait.
    package enum Arrived {
        case nothing, bytes, end
    }

    /// Status and header fields; nil: they are not here yet.
    package func arrivedHead() throws(TransportError) -> HTTPHead? {
        if let head = parser.head { return head }
        if let outcome { throw outcome ?? TransportError(.connectionLost, .waiting, "no reply") }
        return nil
    }

    /// As `read(into:)`, but without waiting.
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

    /// Bytes that arrived and nobody has read yet.
    package var bufferedByteCount: Int { buffer.count }

    /// The first content was seen: from here `idle` counts and `firstToken` no longer does.
    package func contentBegan() {
        guard !hasContent else { return }
        hasContent = true
        armTimer()
    }

    /// Gives the transfer up; an unfinished one has its connection closed before this returns.
    package func cancel() {
        end(with: TransportError(.cancelled, easy?.phase ?? .body, "cancelled"))
    }

    /// How far the transfer is.
    package var phase: TransportError.Phase { easy?.phase ?? lastPhase }

    /// The reader has what it wants: what still comes is dropped, so that the connection can serve again, but only for
    /// `limit`.
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
        Self.lingering.insert(self)
    }

    /// Waits until there is more to find. A cancelled task gives the transfer up.
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

    /// How long the host leaves an idle connection open, if it says so (`Keep-Alive: timeout=5`; RFC 2068, section
    /// 19.7.1.1).
    var keepAliveSeconds: Int? {
        guard let field = parser.head?["keep-alive"], let name = field.firstRange(of: "timeout=") else { return nil }
        return Int(field[name.upperBound...].prefix { $0.isNumber })
    }

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
        // Only a proxy asks so (RFC 9110, section 15.5.8), whatever it sits between.
        if head.status == 407, let easy {
            refusal = easy.authenticationRefusal(head)
            return false
        }
        wake()
        return true
    }

    enum Reception {
        case taken
        /// Keep the bytes, and wait.
        case paused
        case refused
    }

    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Reception {
        if decoded.needsLook(at: bytes.count), let flaw = decoded.flaw(parser.head, easy?.wireByteCount ?? 0) {
            refusal = flaw
            return .refused
        }
        if isDiscarding { return .taken }
        guard buffer.count < Self.bufferLimitBytes else {
            isPaused = true
            return .paused
        }
        // The pieces of one turn come at the same time.
        if buffer.isEmpty { lastByteAt = EventLoop.now }
        // What comes in bursts fills the buffer: growing it step by step would copy all of it twice.
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

    /// For how long nothing has come. A paused transfer listens to nobody.
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
        Self.lingering.remove(self)
        releaseCharge()
        wake()
    }

    private func releaseCharge() {
        if isCharged { holder?.hold(-Self.burstCharge) }
        isCharged = false
        holder = nil
        onBodySent = nil
    }

    /// The host whose connections are not to be used again after this failure; nil: they are.
    private func suspect(_ easy: CurlEasy, after error: TransportError) -> ConnectionPool.Host? {
        // Whoever only listens for the end has set a limit that says nothing of the peer.
        guard !isDiscarding else { return nil }
        let now = EventLoop.now
        let elapsed = Int(clamping: (now - min(now, startedAt)) / 1_000_000)
        return transport?.multi.suspect(easy, after: error, silent: silentMilliseconds(at: now), elapsed: elapsed)
    }

    /// Lets a reader that waits look again: what kept it from reading may be over.
    package func wake() {
        guard let continuation = waiter else { return }
        waiter = nil
        continuation.resume()
    }

    // MARK: - Timers

    /// One timer stands for all: activity only notes the time, and a timer that fires early is set again.
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
