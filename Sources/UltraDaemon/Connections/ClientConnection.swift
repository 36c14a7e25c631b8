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
    /// Who is charged for what this connection holds.
    let user: ByteAccount.User
    let memory: HeldBytes
    let socket: StreamSocket
    var limits: Limits
    unowned let owner: Daemon
    private var state = State.open
    var decoder: FrameDecoder
    var calls: [Int: Call] = [:]
    private var subscriptionCount = 0

    var output: FrameWriter
    private var sentBytes = 0
    private var flush = Deferred(.endOfTurn) {}
    private var drainWaiters: [UnsafeContinuation<Void, Never>] = []
    private var stall = Timer {}
    var partialFrame = Timer {}
    /// Bytes that the frame which is arriving is charged for; 0: it has not been admitted.
    var frameCharge = 0
    /// It was admitted beyond the user's share.
    var isFrameExempt = false
    /// Bytes that unsent frames are charged for.
    private var outputCharge = 0
    /// Nothing is read until the user holds less.
    var waitsForRoom = false
    /// What the request is told whose frame is being dropped.
    var refusal: UltraError?

    init(_ socket: StreamSocket, _ owner: Daemon, _ limits: Limits) {
        self.socket = socket
        self.owner = owner
        self.limits = limits
        peer = socket.peer
        memory = owner.memory
        user = memory.open(socket.peer.uid)
        memory.add(ByteAccount.connectionBytes, of: user)
        decoder = FrameDecoder(maxFrameBytes: limits.frameBytes)
        output = FrameWriter(maxFrameBytes: limits.frameBytes)
        flush = Deferred(.endOfTurn) { [weak self] in self?.flushOutput() }
        stall.onFire = { [weak self] in self?.close() }
        partialFrame.onFire = { [weak self] in self?.frameIsLate() }
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
            let received = socket.receive(
                into: UnsafeMutableRawBufferPointer(rebasing: space[..<readLength(space.count)]))
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

    /// How much to read at once. A long frame is read to its end and no further, so that it need not be copied; of a user
    /// that holds much already, little is read before the length of a frame is known.
    private func readLength(_ most: Int) -> Int {
        if let missing = decoder.missingOfLongFrame { return min(most, missing) }
        return memory.account.isHeavy(user) ? min(most, Self.cautiousReadBytes) : most
    }

    private static let cautiousReadBytes = 4 << 10

    func takeFrames() {
        do throws(FrameError) {
            while isReading {
                if let id = decoder.takeDiscarded() { tellRefusal(id) }
                guard let length = try decoder.nextLength() else { break }
                guard admit(length) else {
                    if waitsForRoom { break }
                    continue
                }
                guard let frame = try decoder.next() else { break }
                partialFrame.cancel()
                let charge = frameCharge
                frameCharge = 0
                take(frame, charge)
            }
            if waitsForRoom { return }
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

    private func take(_ bytes: [UInt8], _ charge: Int) {
        let call = request(bytes, charge)
        let isExempt = isFrameExempt
        isFrameExempt = false
        guard let (frame, call) = call else {
            // What became no request is not held any longer.
            memory.add(-charge, of: user)
            if isExempt { memory.endExempt(of: user) }
            return
        }
        call.isExempt = isExempt
        owner.perform(frame, call, on: self)
    }

    /// The request of a frame; nil: it was refused, and the client told.
    private func request(_ bytes: [UInt8], _ charge: Int) -> (RequestFrame, Call)? {
        let frame: RequestFrame
        do throws(RequestFrame.Refusal) {
            frame = try RequestFrame(bytes)
        } catch {
            if error.id == 0 { refuse(error.error.message) } else { send { $0.error(error.id, error.error) } }
            return nil
        }
        guard calls[frame.id] == nil else {
            let error = UltraError(
                .invalidRequest, "id \(frame.id) is in flight on this connection already", field: "id")
            send { $0.error(frame.id, error) }
            return nil
        }
        guard calls.count < limits.callsPerConnection else {
            let error = UltraError(
                .rateLimited, "this connection has \(calls.count) requests in flight, the most there may be",
                hint: "wait for answers before sending more", provider: "ultrad", isRetryable: true)
            send { $0.error(frame.id, error) }
            return nil
        }
        let call = Call(frame.id, frame.operation, self, frameBytes: bytes.count, charge: charge)
        calls[frame.id] = call
        return (frame, call)
    }

    /// Answers a framing error once; no more is read.
    func refuse(_ message: String) {
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

    /// Counts a subscription, until its call has ended.
    func admitSubscription() throws(UltraError) {
        guard subscriptionCount < RequestBound.subscriptions.most else {
            throw RequestBound.subscriptions.exceeded(at: "op")
        }
        subscriptionCount += 1
    }

    func ended(_ call: Call) {
        calls[call.id] = nil
        if call.isSubscription { subscriptionCount -= 1 }
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
        if waitsForRoom { memory.stopWaiting(self) }
        for call in calls.values {
            call.abandon()
            owner.ended(call)
        }
        calls = [:]
        memory.add(-(ByteAccount.connectionBytes + frameCharge + outputCharge), of: user)
        (frameCharge, outputCharge) = (0, 0)
        if isFrameExempt { memory.endExempt(of: user) }
        memory.close(user)
        resumeDrained()
        owner.closed(self)
    }

    /// Closes as soon as everything is delivered.
    func closeWhenDelivered() {
        if case .open = state { state = .draining }
        closeIfDone()
    }

    // MARK: - Output

    /// Less is kept unsent of a user that holds more than its share.
    var isCongested: Bool {
        let unsent = output.bytes.count - sentBytes
        guard unsent > Self.leastUnsentBytes else { return false }
        return unsent > limits.unsentBytes || memory.account.isOver(user)
    }

    private static let leastUnsentBytes = 16 << 10

    func drained() async {
        while isCongested, isOpen {
            if output.bytes.count - sentBytes <= limits.unsentBytes { memory.wait(self) }
            await withUnsafeContinuation(isolation: Loop.shared) { drainWaiters.append($0) }
        }
    }

    var isOpen: Bool {
        if case .closed = state { false } else { true }
    }

    /// Adds frames; they leave together at the end of the turn.
    func send(_ write: (inout FrameWriter) -> Void) {
        guard isOpen else { return }
        write(&output)
        if output.bytes.count - sentBytes > Self.leastUnsentBytes { chargeOutput() }
        flush.schedule()
    }

    private func chargeOutput() {
        let unsent = output.bytes.count - sentBytes
        guard unsent != outputCharge else { return }
        memory.add(unsent - outputCharge, of: user)
        outputCharge = unsent
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
        chargeOutput()
        if !isCongested {
            resumeDrained()
            // Requests that came before the answers piled up.
            if decoder.hasPartialFrame, !partialFrame.isArmed { takeFrames() }
        }
        closeIfDone()
    }

    /// A client that does not take its answers gives no further requests either: small ones have large answers.
    var isReading: Bool {
        if case .open = state { !isCongested && !waitsForRoom } else { false }
    }

    func resumeDrained() {
        let waiters = drainWaiters
        drainWaiters = []
        for waiter in waiters { waiter.resume() }
    }
}
