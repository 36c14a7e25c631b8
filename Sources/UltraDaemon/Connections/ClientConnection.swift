internal import UltraAPI
internal import UltraSystem

/// One client: its frames in, its calls, its frames out.
@Loop
final class ClientConnection {
    private enum State {
        case open
        /// No more requests: the client shut down its side, or broke the framing. What is in flight is delivered.
        case draining
        case closed
    }

    let peer: Peer
    private let socket: StreamSocket
    private var limits: Limits
    private unowned let owner: Daemon
    private var state = State.open
    private var decoder: FrameDecoder
    private var calls: [Int: Call] = [:]

    private var output: FrameWriter
    private var sentBytes = 0
    private var flush = Deferred(.endOfTurn) {}
    private var drainWaiters: [UnsafeContinuation<Void, Never>] = []
    private var stall = Timer {}
    private var partialFrame = Timer {}

    init(_ socket: StreamSocket, _ owner: Daemon, _ limits: Limits) {
        self.socket = socket
        self.owner = owner
        self.limits = limits
        peer = socket.peer
        decoder = FrameDecoder(maxFrameBytes: limits.frameBytes)
        output = FrameWriter(maxFrameBytes: limits.frameBytes)
        flush = Deferred(.endOfTurn) { [weak self] in self?.flushOutput() }
        stall.onFire = { [weak self] in self?.close() }
        partialFrame.onFire = { [weak self] in self?.close() }
        socket.watch { [weak self] events in self?.ready(events) }
    }

    var callCount: Int { calls.count }

    /// Of each frame, in both directions.
    var maxFrameBytes: Int { limits.frameBytes }

    /// Other limits hold from now on, but for the size of frames, which the client may have been told.
    func adopt(_ new: Limits) {
        let frameBytes = limits.frameBytes
        limits = new
        limits.frameBytes = frameBytes
        if !isCongested { resumeDrained() }
    }

    // MARK: - Input

    private func ready(_ events: Watch.Events) {
        if events.contains(.output) { flushOutput() }
        if events.contains(.hangUp) || events.contains(.error) { return close() }
        if events.contains(.input), isReading { receive() }
    }

    private func receive() {
        let received = owner.receiveBuffer.withUnsafe { space -> StreamSocket.Received in
            let received = socket.receive(into: space)
            if case .bytes(let count) = received {
                decoder.append(UnsafeRawBufferPointer(rebasing: space[..<count]))
            }
            return received
        }
        switch received {
        case .nothing: return
        case .lost: return close()
        case .end:
            if decoder.hasPartialFrame { return refuse("the stream ended inside a frame") }
            state = .draining
            socket.update([])
            return closeIfDone()
        case .bytes: takeFrames()
        }
    }

    private func takeFrames() {
        do throws(FrameError) {
            while isReading, let frame = try decoder.next() {
                partialFrame.cancel()
                take(frame)
            }
            if !isReading || !decoder.hasPartialFrame {
                partialFrame.cancel()
            } else if !partialFrame.isArmed {
                partialFrame.arm(after: limits.partialFrame)
            }
        } catch {
            switch error {
            case .length(let length):
                refuse("a frame of \(length) bytes: 2 to \(limits.frameBytes) are allowed")
            case .otherProtocol:
                output.raw(Self.httpRefusal)
                flush.schedule()
                state = .draining
                socket.update([])
                closeIfDone()
            }
        }
    }

    private static let httpRefusal =
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n"
        + "This socket speaks the Ultra protocol (length-prefixed JSON), not HTTP: use ultractl or libultra.\n"

    private func take(_ bytes: [UInt8]) {
        let frame: RequestFrame
        do throws(RequestFrame.Refusal) {
            frame = try RequestFrame(bytes)
        } catch {
            if error.id == 0 { return refuse(error.error.message) }
            return send { $0.error(error.id, error.error) }
        }
        guard calls[frame.id] == nil else {
            let error = UltraError(
                .invalidRequest, "id \(frame.id) is in flight on this connection already", field: "id")
            return send { $0.error(frame.id, error) }
        }
        let call = Call(frame.id, frame.operation, self)
        guard calls.count < limits.callsPerConnection else {
            let error = UltraError(
                .rateLimited, "this connection has \(calls.count) requests in flight, the most there may be",
                hint: "wait for answers before sending more", provider: "ultrad", isRetryable: true)
            return send { $0.error(frame.id, error) }
        }
        calls[frame.id] = call
        owner.perform(frame, call, on: self)
    }

    /// Answers a framing error once; no more is read.
    private func refuse(_ message: String) {
        send { $0.error(0, UltraError(.invalidFrame, message, hint: "see ultra-protocol(7)")) }
        state = .draining
        partialFrame.cancel()
        socket.update([])
        for call in calls.values { call.cancel(UltraError(.cancelled, "the connection broke the protocol")) }
        closeIfDone()
    }

    // MARK: - Calls

    /// Whether a call of that id was in flight.
    func cancel(_ id: Int) -> Bool {
        guard let call = calls[id] else { return false }
        call.cancel(UltraError(.cancelled, "the request was cancelled by its client"))
        return true
    }

    func cancelAll(_ reason: UltraError) {
        for call in calls.values { call.cancel(reason) }
    }

    func ended(_ call: Call) {
        calls[call.id] = nil
        owner.ended(call)
        // Where nothing else is to be done, the answer does not wait for what is still to be done about its own call.
        if calls.isEmpty, call.hasTask, EventLoop.shared.isLastJob, !isCongested { flushOutput() }
        closeIfDone()
    }

    private func closeIfDone() {
        if case .draining = state, calls.isEmpty, output.bytes.isEmpty { close() }
    }

    /// Tells the client that no more requests are taken; those in flight are finished.
    func goAway() {
        send { $0.goAway("shutdown") }
    }

    /// Ends the connection and all that was in flight on it, upstream included.
    func close() {
        if case .closed = state { return }
        state = .closed
        socket.update([])
        stall.cancel()
        partialFrame.cancel()
        for call in calls.values {
            call.abandon()
            owner.ended(call)
        }
        calls = [:]
        resumeDrained()
        owner.closed(self)
    }

    /// Closes as soon as everything is delivered.
    func closeWhenDelivered() {
        if case .open = state { state = .draining }
        closeIfDone()
    }

    // MARK: - Output

    var isCongested: Bool { output.bytes.count - sentBytes > limits.unsentBytes }

    func drained() async {
        while isCongested, isOpen {
            await withUnsafeContinuation(isolation: Loop.shared) { drainWaiters.append($0) }
        }
    }

    private var isOpen: Bool {
        if case .closed = state { false } else { true }
    }

    /// Adds frames; they leave together at the end of the turn.
    func send(_ write: (inout FrameWriter) -> Void) {
        guard isOpen else { return }
        write(&output)
        flush.schedule()
    }

    private func flushOutput() {
        guard isOpen, !output.bytes.isEmpty else { return }
        let sent = output.bytes.withUnsafeBytes { bytes in
            socket.send(UnsafeRawBufferPointer(rebasing: bytes[sentBytes...]))
        }
        guard let sent else { return close() }
        sentBytes += sent
        owner.sentByteCount &+= UInt64(sent)
        if sentBytes == output.bytes.count {
            output.removeAll(expectingMore: !calls.isEmpty)
            sentBytes = 0
            stall.cancel()
            socket.update(isReading ? .input : [])
        } else {
            if sent > 0 || !stall.isArmed { stall.arm(after: limits.writeStall) }
            socket.update(isReading ? [.input, .output] : .output)
            if sentBytes > output.bytes.count / 2 {
                output.removeFirst(sentBytes)
                sentBytes = 0
            }
        }
        if !isCongested {
            resumeDrained()
            // Requests that came before the answers piled up.
            if decoder.hasPartialFrame, !partialFrame.isArmed { takeFrames() }
        }
        closeIfDone()
    }

    /// A client that does not take its answers gives no further requests either: small ones have large answers.
    private var isReading: Bool {
        if case .open = state { !isCongested } else { false }
    }

    private func resumeDrained() {
        let waiters = drainWaiters
        drainWaiters = []
        for waiter in waiters { waiter.resume() }
    }
}
