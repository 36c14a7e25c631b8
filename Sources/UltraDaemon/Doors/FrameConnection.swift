internal import UltraAPI
internal import UltraSystem

/// One client of the frame door: decodes its requests, and encodes their answers into one buffer of unsent bytes.
@Loop
final class FrameConnection {
    private enum State {
        case open
        /// No more requests are read: the client shut down its sending side, or broke the framing. Answers are still
        /// delivered.
        case draining
        case closed
    }

    let caller: Caller
    /// The account that is charged for the bytes held by this connection.
    let user: ByteAccount.User
    let memory: HeldBytes
    let socket: StreamSocket
    private(set) var limits: Limits
    unowned let door: FrameDoor
    private var state = State.open
    var decoder: FrameDecoder
    /// Calls in flight, by the client's id of the request.
    private(set) var calls: [Int: Call] = [:]
    private var subscriptionCount = 0

    var output: FrameWriter
    /// Bytes at the start of `output` that the socket has accepted.
    var sentBytes = 0
    private(set) var flush = Deferred(.endOfTurn) {}
    var drainWaiters: [UnsafeContinuation<Void, Never>] = []
    private(set) var stall = Timer {}
    private(set) var partialFrame = Timer {}
    /// Bytes charged for the arriving frame; 0: the frame was not admitted yet.
    var frameCharge = 0
    /// True if the arriving frame was admitted beyond the user's share.
    var isFrameExempt = false
    /// The charge for unsent frames.
    let unsent: UnsentCharge
    /// True while nothing is read because the user holds more than its share.
    var waitsForRoom = false
    /// True while received requests wait for a later turn of the loop, and no more are read.
    private var isPaced = false
    /// The error for the request whose frame is being discarded.
    var refusal: UltraError?

    init(_ socket: StreamSocket, _ door: FrameDoor, _ limits: Limits) {
        self.socket = socket
        self.door = door
        self.limits = limits
        caller = Caller(socket.peer, door: .frames)
        memory = door.memory
        user = memory.open(socket.peer.uid)
        unsent = UnsentCharge(memory, user)
        memory.add(ByteAccount.connectionBytes, of: user)
        decoder = FrameDecoder(maxFrameBytes: limits.frameBytes)
        output = FrameWriter(maxFrameBytes: limits.frameBytes)
        flush = Deferred(.endOfTurn) { [weak self] in self?.flushOutput() }
        stall.onFire = { [weak self] in self?.close() }
        partialFrame.onFire = { [weak self] in self?.frameIsLate() }
        unsent.onGivenUp = { [weak self] in self?.close() }
        socket.watch { [weak self] events in self?.ready(events) }
    }

    /// Adopts new limits, except for the frame size, which `hello` may have reported to the client.
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
        let received = door.receiveBuffer.withUnsafe { space -> StreamSocket.Received in
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

    /// The number of bytes to read at once: exactly to the end of a long frame, so that it need not be copied; few from
    /// a user that holds much memory, until the frame's length is known.
    private func readLength(_ most: Int) -> Int {
        if let missing = decoder.missingOfLongFrame { return min(most, missing) }
        return memory.account.isHeavy(user) ? min(most, Self.cautiousReadBytes) : most
    }

    private static let cautiousReadBytes = 4 << 10

    func takeFrames() {
        var count = 0
        do throws(FrameError) {
            while isReading {
                guard count < door.pace.requestsPerConnection, door.pace.mayTake(caller.uid) else {
                    isPaced = true
                    door.pace.later(self)
                    break
                }
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
                count += 1
                door.pace.took(caller.uid)
                take(frame, charge)
            }
            if waitsForRoom || isPaced { return }
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
                door.books.refused(
                    nil, of: caller, UltraError(.invalidFrame, "the client speaks another protocol"))
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
        let isExempt = isFrameExempt
        isFrameExempt = false
        guard let frame = request(bytes) else {
            // A refused request holds nothing.
            memory.add(-charge, of: user)
            if isExempt { memory.endExempt(of: user) }
            return
        }
        let sink = FrameSink(frame.id, isStream: frame.operation == .stream, self)
        let call = Call(
            frame.operation, of: caller, to: sink, door.books, memory, user, requestBytes: bytes.count, charge: charge,
            isExempt: isExempt)
        calls[frame.id] = call
        door.perform(frame, call, in: sink)
    }

    /// Decodes a request; nil: it was refused, and the client has the error.
    private func request(_ bytes: [UInt8]) -> RequestFrame? {
        let frame: RequestFrame
        do throws(RequestFrame.Refusal) {
            frame = try RequestFrame(bytes)
        } catch {
            refuse(error.id, nil, error.error)
            return nil
        }
        guard calls[frame.id] == nil else {
            let error = UltraError(
                .invalidRequest, "id \(frame.id) is in flight on this connection already", field: "id")
            refuse(frame.id, frame.operation, error)
            return nil
        }
        guard calls.count < limits.callsPerConnection else {
            let error = UltraError(
                .rateLimited, "this connection has \(calls.count) requests in flight, the most there may be",
                hint: "wait for answers before sending more", provider: "ultrad", isRetryable: true)
            refuse(frame.id, frame.operation, error)
            return nil
        }
        return frame
    }

    /// Refuses a request that has no call yet.
    /// - Parameters:
    ///   - id: 0: unknown, so that the connection cannot go on.
    ///   - operation: nil: unknown.
    func refuse(_ id: Int, _ operation: OperationName?, _ error: UltraError) {
        guard id != 0 else { return refuse(error.message) }
        send { $0.error(id, error) }
        door.books.refused(operation, of: caller, error)
    }

    /// Reports a framing error, cancels the calls, and stops reading.
    func refuse(_ message: String) {
        let error = UltraError(.invalidFrame, message, hint: "see ultra-protocol(7)")
        send { $0.error(0, error) }
        door.books.refused(nil, of: caller, error)
        state = .draining
        partialFrame.cancel()
        socket.update([])
        for call in calls.values { call.cancel(UltraError(.cancelled, "the connection broke the protocol")) }
        closeIfDone()
    }

    // MARK: - Calls

    /// Cancels a call; returns false if no call with that id is in flight.
    func cancel(_ id: Int) -> Bool {
        guard let call = calls[id] else { return false }
        call.cancel(UltraError(.cancelled, "the request was cancelled by its client"))
        return true
    }

    func cancelAll(_ reason: UltraError) {
        for call in calls.values { call.cancel(reason) }
    }

    /// Counts a subscription until `ended` is called for its request.
    func admitSubscription() throws(UltraError) {
        guard subscriptionCount < RequestBound.subscriptions.most else {
            throw RequestBound.subscriptions.exceeded(at: "op")
        }
        subscriptionCount += 1
    }

    /// Removes a call whose terminal frame has been written.
    func ended(_ id: Int, _ sink: FrameSink) {
        guard let call = calls.removeValue(forKey: id) else { return }
        if sink.isSubscription { subscriptionCount -= 1 }
        unsent.finished(call.record.number, isExempt: call.isExempt)
        door.ended()
        // If the loop has no other work now, send at once: the answer need not wait for the ledger and the metrics.
        if calls.isEmpty, call.hasTask, EventLoop.shared.isLastJob, !isCongested { flushOutput() }
        closeIfDone()
    }

    func closeIfDone() {
        if case .draining = state, calls.isEmpty, output.bytes.isEmpty { close() }
    }

    /// Tells the client that no more requests are accepted. Calls in flight are finished.
    func goAway() {
        send { $0.goAway("shutdown") }
    }

    /// Closes the connection and cancels its calls, including their upstream requests.
    func close() {
        if case .closed = state { return }
        state = .closed
        socket.update([])
        stall.cancel()
        partialFrame.cancel()
        if waitsForRoom { memory.stopWaiting(self) }
        for call in calls.values { call.abandon() }
        calls = [:]
        unsent.update(0)
        memory.add(-(ByteAccount.connectionBytes + frameCharge), of: user)
        frameCharge = 0
        if isFrameExempt { memory.endExempt(of: user) }
        memory.close(user)
        resumeDrained()
        door.closed(self)
    }

    /// Closes the connection once everything is sent.
    func closeWhenDelivered() {
        if case .open = state { state = .draining }
        closeIfDone()
    }

    var isOpen: Bool {
        if case .closed = state { false } else { true }
    }

    /// False while the client does not read its answers, since a small request may have a large answer.
    var isReading: Bool {
        if case .open = state { !isCongested && !waitsForRoom && !isPaced } else { false }
    }
}

extension FrameConnection: PacedConnection {
    func goOnTaking() {
        guard isPaced else { return }
        isPaced = false
        goOnReading()
    }
}
