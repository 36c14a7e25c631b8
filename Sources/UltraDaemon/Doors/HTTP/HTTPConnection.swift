internal import UltraAPI
internal import UltraDialects
internal import UltraSystem

/// One client of the HTTP door. Requests are read one at a time, each after the response to the one before.
@Loop
final class HTTPConnection {
    enum Phase {
        /// Idle between requests, or receiving a head.
        case head
        /// Receiving the body of an accepted request.
        case body(HTTPExchange)
        /// The request is complete, the response is not.
        case answering(HTTPExchange)
        /// No more requests are read. The connection ends when all bytes are sent.
        case ending
        /// All bytes are sent and the sending side is shut down. Input is dropped.
        case lingering
        case closed
    }

    let caller: Caller
    let user: ByteAccount.User
    let memory: HeldBytes
    let socket: StreamSocket
    let output: SocketOutput
    unowned let door: HTTPDoor
    var phase = Phase.head
    var decoder: HTTPRequestDecoder
    var writer = HTTPResponseWriter()
    /// The mode of the response in progress.
    private var mode = HTTPResponseWriter.Mode(minorVersion: 1, keepsAlive: true)
    /// True while nothing is read because the user holds more than its share.
    var waitsForRoom = false
    /// True while received requests wait for a later turn of the loop, and no more are read.
    private var isPaced = false
    /// The timeout of the current phase.
    let patience = Timer {}
    /// The timeout of the whole body.
    let bodyDeadline = Timer {}
    /// Decodes further requests after the sink that wrote the response has returned.
    private var goOn = Deferred(.soon) {}

    init(_ socket: StreamSocket, _ door: HTTPDoor) {
        self.socket = socket
        self.door = door
        caller = Caller(socket.peer, door: .http)
        memory = door.memory
        user = memory.open(socket.peer.uid)
        memory.add(ByteAccount.connectionBytes, of: user)
        output = SocketOutput(socket, memory, user, door.limits)
        decoder = HTTPRequestDecoder(door.requestLimits)
        goOn = Deferred(.soon) { [weak self] in self?.takeRequests() }
        output.willSend = { [weak self] bytes in self?.writer.flush(&bytes) }
        output.onSent = { [weak self] count in self?.sent(count) }
        output.onLost = { [weak self] in self?.close() }
        patience.onFire = { [weak self] in self?.isTooSlow() }
        bodyDeadline.onFire = { [weak self] in self?.isTooSlow() }
        patience.arm(after: door.times.idle)
        socket.watch { [weak self] events in self?.ready(events) }
        updateInterest()
    }

    var times: HTTPTimes { door.times }

    var isOpen: Bool {
        if case .closed = phase { false } else { true }
    }

    /// The request in progress; nil between requests.
    var exchange: HTTPExchange? {
        switch phase {
        case .body(let exchange), .answering(let exchange): exchange
        case .head, .ending, .lingering, .closed: nil
        }
    }

    // MARK: - Input

    /// Watches for the end of the client's input in every phase: a client that shuts down its sending side counts as
    /// gone.
    func updateInterest() {
        var interest: Watch.Events = .peerClosed
        if isReading { interest.insert(.input) }
        if !output.isEmpty { interest.insert(.output) }
        socket.update(isOpen ? interest : [])
    }

    private var isReading: Bool {
        switch phase {
        case .head, .body: !waitsForRoom && !output.isCongested && !isPaced
        case .lingering: true
        case .answering, .ending, .closed: false
        }
    }

    private func ready(_ events: Watch.Events) {
        // A request that arrived together with the end of input is not performed, since nobody reads the answer.
        if !events.isDisjoint(with: [.peerClosed, .hangUp, .error]) { return close() }
        if events.contains(.output) { output.flush() }
        if events.contains(.input), isReading { receive() }
    }

    private func receive() {
        let received = door.receiveBuffer.withUnsafe { space -> StreamSocket.Received in
            let length = memory.account.isHeavy(user) ? min(space.count, Self.cautiousReadBytes) : space.count
            let received = socket.receive(into: UnsafeMutableRawBufferPointer(rebasing: space[..<length]))
            if case .bytes(let count) = received, !isLingering {
                decoder.append(UnsafeRawBufferPointer(rebasing: space[..<count]))
            }
            return received
        }
        switch received {
        case .nothing: return
        case .lost, .end: return close()
        case .bytes:
            guard !isLingering else { return }
            if case .body = phase { patience.arm(after: times.bodyPause) }
            takeRequests()
        }
    }

    /// The number of bytes read at once from a user that holds much memory.
    private static let cautiousReadBytes = 4 << 10

    private var isLingering: Bool {
        if case .lingering = phase { true } else { false }
    }

    /// Decodes received bytes until a request is complete or more bytes are needed.
    func takeRequests() {
        defer { if isOpen { updateInterest() } }
        var unread: [UInt8] = []
        do throws(HTTPRefusal) {
            while true {
                switch phase {
                case .head:
                    guard !output.isCongested, !isPaced else { return }
                    guard door.pace.mayTake(caller.uid) else {
                        isPaced = true
                        return door.pace.later(self)
                    }
                    guard let event = try decoder.next(appendingTo: &unread) else { return waitForHead() }
                    // `end` belongs to a refused request.
                    if case .head(let head) = event {
                        door.pace.took(caller.uid)
                        accept(head)
                    }
                    unread = []
                case .body(let exchange):
                    guard admitBody(of: exchange) else { return }
                    if exchange.isContinueDue {
                        exchange.isContinueDue = false
                        output.append { HTTPResponseWriter.continueResponse(to: &$0) }
                    }
                    guard try decoder.next(appendingTo: &exchange.body) != nil else { return }
                    patience.cancel()
                    bodyDeadline.cancel()
                    phase = .answering(exchange)
                    door.perform(exchange, on: self)
                case .answering, .ending, .lingering, .closed:
                    return
                }
            }
        } catch {
            refuse(error)
        }
    }

    private func waitForHead() {
        guard decoder.isInRequest else {
            isHeadTimed = false
            if door.isDraining { return end() }
            return patience.arm(after: times.idle)
        }
        // The time starts at the first byte of the head.
        if !isHeadTimed { patience.arm(after: times.head) }
        isHeadTimed = true
    }

    private var isHeadTimed = false

    /// A refused request's body up to this length is read and dropped, so that the connection can be kept.
    private static let droppedBodyBytes = 64 << 10

    private func accept(_ head: HTTPRequestHead) {
        isHeadTimed = false
        patience.cancel()
        mode = HTTPResponseWriter.Mode(minorVersion: head.minorVersion, keepsAlive: head.keepsAlive)
        do throws(HTTPRefusal) {
            phase = .body(HTTPExchange(head, try HTTPRoute.of(head), self))
            guard head.body != .none else { return }
            patience.arm(after: times.bodyPause)
            bodyDeadline.arm(after: times.body)
        } catch {
            switch head.body {
            case .none: break
            case .length(let count) where count <= Self.droppedBodyBytes && !head.expectsContinue: break
            case .length, .chunked: mode.keepsAlive = false
            }
            phase = .answering(HTTPExchange(head, .root, self))
            send(error)
        }
    }

    private func isTooSlow() {
        switch phase {
        case .head where !decoder.isInRequest: close()
        case .head: refuse(HTTPRefusal(408, "the head of the request took too long"))
        case .body where waitsForRoom: refuseRoom()
        case .body: refuse(HTTPRefusal(408, "the body of the request took too long"))
        case .lingering, .ending: close()
        case .answering, .closed: break
        }
    }

    // MARK: - Refusals

    /// Refuses a request and ends the connection.
    func refuse(_ refusal: HTTPRefusal) {
        releaseExchange()
        mode.keepsAlive = false
        phase = .ending
        send(refusal)
    }

    private func send(_ refusal: HTTPRefusal) {
        var fields = [HTTPResponseField("x-should-retry", "false")]
        door.countRefusal(refusal.status)
        if let allowed = refusal.allowed { fields.append(HTTPResponseField("Allow", allowed)) }
        let form = exchange?.form ?? .openAI
        respond(
            refusal.status, .json, fields: fields, form.body(refusal, requestID: exchange?.requestID ?? ""),
            to: exchange)
    }

    /// Refuses a request whose body is not read, and ends the connection.
    func refuse(_ error: UltraError) {
        releaseExchange()
        mode.keepsAlive = false
        phase = .ending
        let status = ErrorStatus(error)
        door.countRefusal(status.status)
        respond(status.status, .json, fields: status.fields, OpenAIErrorWriter.body(error), to: nil)
    }

    /// Releases the charge of an incomplete request and stops its timers.
    private func releaseExchange() {
        stopWaiting()
        bodyDeadline.cancel()
        patience.cancel()
        if let exchange { release(exchange) }
    }

    /// Releases the charge of an exchange without a call.
    private func release(_ exchange: HTTPExchange) {
        memory.add(-exchange.charge, of: user)
        if exchange.isExempt { memory.endExempt(of: user) }
        (exchange.charge, exchange.isExempt) = (0, false)
    }

    // MARK: - Responses

    /// - Parameter exchange: The request; nil: none was decoded.
    func respond(
        _ status: Int, _ type: HTTPContentType, fields: [HTTPResponseField], _ body: [UInt8], to exchange: HTTPExchange?
    ) {
        let isHead = exchange?.head.method == .head
        let length: HTTPResponseWriter.Body =
            // A stream has no length.
            status == 204 || isHead && type == .events
            ? .none(length: nil) : isHead ? .none(length: body.count) : .length(body.count)
        let fields = door.fields(status == 204 ? nil : type, exchange) + fields
        if door.isDraining { mode.keepsAlive = false }
        output.append { bytes in
            writer.head(status, mode, date: door.date, length, fields: fields, to: &bytes)
            if !isHead, status != 204 { bytes += body }
        }
        responded(exchange)
    }

    func begin(_ type: HTTPContentType, fields: [HTTPResponseField], for exchange: HTTPExchange) {
        let fields = door.fields(type, exchange) + fields
        if door.isDraining { mode.keepsAlive = false }
        output.append { bytes in
            mode.keepsAlive = writer.head(200, mode, date: door.date, .open, fields: fields, to: &bytes)
        }
    }

    func write(_ content: (inout [UInt8]) -> Void) {
        output.append { writer.content(to: &$0, content) }
    }

    func endBody(of exchange: HTTPExchange) {
        output.append { writer.end(to: &$0) }
        responded(exchange)
    }

    /// Ends the connection without the end of the body, `HTTPTimes.brokenStream` after the bytes written so far.
    func breakOff() {
        guard case .answering = phase else { return }
        defer { door.ended() }
        phase = .ending
        mode.keepsAlive = false
        output.flush()
        guard isOpen else { return }
        patience.arm(after: times.brokenStream)
        patience.onFire = { [weak self] in self?.linger() }
        updateInterest()
    }

    /// Continues after a complete response: with the next request, or by ending the connection.
    private func responded(_ exchange: HTTPExchange?) {
        // Last, because the daemon may stop if this connection is idle.
        defer { if exchange?.call != nil { door.ended() } }
        if let exchange { release(exchange) }
        if let call = exchange?.call { output.finished(call) }
        guard mode.keepsAlive, !door.isDraining else { return end() }
        guard case .answering = phase else { return }
        phase = .head
        patience.arm(after: times.idle)
        // Send now if the loop has no other work; otherwise at the end of the turn.
        if EventLoop.shared.isLastJob { output.flush() }
        guard isOpen else { return }
        if decoder.bufferedByteCount > 0 { goOn.schedule() }
        updateInterest()
    }

    // MARK: - End

    /// Ends the connection once everything is sent.
    func end() {
        releaseExchange()
        phase = .ending
        output.flush()
        if output.isEmpty { linger() }
    }

    private func sent(_ count: Int) {
        door.sentByteCount &+= UInt64(count)
        switch phase {
        // A failed stream ends by its timer.
        case .ending where output.isEmpty && !patience.isArmed: linger()
        case .head, .body:
            // Decode bytes received before reading paused.
            if decoder.bufferedByteCount > 0 { goOn.schedule() }
            updateInterest()
        case .answering, .ending, .lingering, .closed: updateInterest()
        }
    }

    /// Shuts down the sending side, and drops further input.
    private func linger() {
        guard case .ending = phase, output.isEmpty else { return }
        phase = .lingering
        socket.finishSending()
        patience.onFire = { [weak self] in self?.close() }
        patience.arm(after: times.lingering)
        updateInterest()
    }

    /// Closes the connection and cancels its request, upstream included.
    func close() {
        guard isOpen else { return }
        let call = exchange?.call
        releaseExchange()
        phase = .closed
        socket.update([])
        output.close()
        patience.cancel()
        bodyDeadline.cancel()
        call?.abandon()
        memory.add(-ByteAccount.connectionBytes, of: user)
        memory.close(user)
        door.closed(self)
    }

    func cancel(_ reason: UltraError) { exchange?.call?.cancel(reason) }

    /// True without a request in progress and without unsent bytes.
    var isIdle: Bool {
        if case .head = phase { output.isEmpty && !decoder.isInRequest } else { false }
    }
}

extension HTTPConnection: PacedConnection {
    func goOnTaking() {
        guard isPaced else { return }
        isPaced = false
        takeRequests()
    }
}
