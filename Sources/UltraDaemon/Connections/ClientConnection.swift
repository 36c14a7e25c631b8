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
    private let socket: StreamSocket
    private var limits: Limits
    private unowned let owner: Daemon
    private var state = State.open
    private var decoder: FrameDecoder
    private var calls: [Int: Call] = [:]
    private var subscriptionCount = 0

    private var output: FrameWriter
    private var sentBytes = 0
    private var flush = Deferred(.endOfTurn) {}
    private var drainWaiters: [UnsafeContinuation<Void, Never>] = []
    private var stall = Timer {}
    private var partialFrame = Timer {}
    /// Bytes that the frame which is arriving is charged for; 0: it has not been admitted.
    private var frameCharge = 0
    /// Bytes that unsent frames are charged for.
    private var outputCharge = 0
    /// Nothing is read until the user holds less.
    private var waitsForRoom = false
    /// What the request is told whose frame is being dropped.
    private var refusal: UltraError?

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

    private func takeFrames() {
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

    /// Whether the frame that comes next may be held. Where not, it waits unread, or is dropped and its request refused.
    private func admit(_ length: Int) -> Bool {
        guard frameCharge == 0 else { return true }
        let cost = ByteAccount.cost(ofFrame: length)
        switch memory.ask(cost, of: user) {
        case .granted:
            frameCharge = cost
            decoder.expect(length)
            return true
        case .wait:
            waitsForRoom = true
            socket.update(output.bytes.isEmpty ? [] : .output)
            partialFrame.arm(after: owner.timeouts.queue)
            memory.wait(self)
        case .refused:
            discardFrame(.overloaded(by: memory.account.limit))
        case .never:
            discardFrame(
                UltraError(
                    .tooLarge, "a request of \(length) bytes needs more memory than one user may have",
                    hint: "send less at once, or raise limits.memory (now \(memory.account.limit) bytes)",
                    provider: "ultrad"))
        }
        return false
    }

    private func discardFrame(_ error: UltraError) {
        refusal = error
        decoder.discard()
    }

    private func tellRefusal(_ id: Int) {
        partialFrame.cancel()
        let error = refusal ?? .overloaded(by: memory.account.limit)
        refusal = nil
        if id == 0 { refuse(error.message) } else { send { $0.error(id, error) } }
    }

    /// The rest of a frame did not come in time; or there was no room for it, and its client need not wait any longer.
    private func frameIsLate() {
        guard waitsForRoom else { return close() }
        memory.stopWaiting(self)
        waitsForRoom = false
        discardFrame(.overloaded(by: memory.account.limit))
        goOnReading()
    }

    private func goOnReading() {
        guard isOpen else { return }
        takeFrames()
        if isReading { socket.update(output.bytes.isEmpty ? .input : [.input, .output]) }
    }

    private func take(_ bytes: [UInt8], _ charge: Int) {
        let call = request(bytes, charge)
        // What became no request is not held any longer.
        if call == nil { memory.add(-charge, of: user) }
        guard let (frame, call) = call else { return }
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

    private var isOpen: Bool {
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
    private var isReading: Bool {
        if case .open = state { !isCongested && !waitsForRoom } else { false }
    }

    private func resumeDrained() {
        let waiters = drainWaiters
        drainWaiters = []
        for waiter in waiters { waiter.resume() }
    }
}

extension ClientConnection: RoomWaiter {
    func roomMayBeFree() -> Bool {
        if !isCongested { resumeDrained() }
        guard waitsForRoom else { return true }
        waitsForRoom = false
        partialFrame.cancel()
        goOnReading()
        return !waitsForRoom
    }
}

extension UltraError {
    /// - Parameter limit: bytes that clients may make the daemon hold.
    static func overloaded(by limit: Int) -> UltraError {
        UltraError(
            .overloaded, "the requests in flight take all the memory that requests may take",
            hint: "ask again in a moment, or raise limits.memory (now \(limit) bytes)", provider: "ultrad",
            isRetryable: true, retryAfterMilliseconds: 1000)
    }
}
