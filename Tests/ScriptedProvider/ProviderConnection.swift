import Glibc

/// One accepted connection: reads requests, plays their scripts. Confined to the provider's thread.
final class ProviderConnection {
    private enum Phase {
        case head
        case body(RequestHead, RequestBody, Script?)
        case answering(next: Int)
        /// The answer was sent; the client's next byte ends the connection.
        case stale(resets: Bool)
        /// Accepted and never read.
        case unserved
        /// The script has ended.
        case hanging
        /// The answer was sent and the client is still sending. Its bytes are read and dropped, so that no RST
        /// overtakes the answer.
        case lingering
    }

    let fd: CInt
    let number: Int
    private let state: ProviderState
    private var phase = Phase.head
    private var input: [UInt8] = []
    private var plan: [AnswerPlan.Action] = []
    private var unsent: ArraySlice<UInt8> = []
    private var requestIsComplete = true
    private var reading = Script.Reading.whole
    private var nextSlowRead: ContinuousClock.Instant?
    private var pausedUntil: ContinuousClock.Instant?
    private let idleLimit: Duration?
    private var idleUntil: ContinuousClock.Instant?

    private(set) var isClosed = false
    private(set) var wantsToWrite = false
    /// True if the connection goes on at the next turn without an event.
    private(set) var isRunnable = false

    init(fd: CInt, number: Int, state: ProviderState, hangs: Bool, idleLimit: Duration? = nil) {
        self.fd = fd
        self.number = number
        self.state = state
        self.idleLimit = idleLimit
        if hangs { phase = .unserved }
        idleUntil = idleLimit.map { .now + $0 }
    }

    /// True if the connection goes on without an event.
    var isDue: Bool { isRunnable || deadline.map { $0 <= .now } == true }

    /// The time at which the connection goes on without an event.
    var deadline: ContinuousClock.Instant? { pausedUntil ?? nextSlowRead ?? idleUntil }

    /// True if the client's bytes should stay in the kernel.
    var isReadingPaused: Bool {
        switch (phase, reading) {
        case (.unserved, _), (.body, .after), (.body, .slow): true
        default: false
        }
    }

    // MARK: - Events

    /// Handles bytes from the client, or the end of its input.
    func receive() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isClosed {
            let count = read(fd, &buffer, buffer.count)
            if count > 0 {
                if case .lingering = phase { continue }
                input += buffer[..<count]
                if count < buffer.count { return advance() }
            } else if count == 0 {
                return end(.closedByClient)
            } else if errno == EAGAIN {
                return advance()
            } else if errno != EINTR {
                return end(.resetByClient)
            }
        }
    }

    /// Handles the end of a client whose bytes are not read.
    func hangUp(isError: Bool) {
        end(isError ? .resetByClient : .closedByClient)
    }

    /// Runs steps until one has to wait.
    func advance() {
        isRunnable = false
        while !isClosed, step() {}
    }

    /// Runs one step; returns false if it has to wait.
    private func step() -> Bool {
        do {
            switch phase {
            case .unserved, .hanging, .lingering: return false
            case .stale(let resets):
                guard !input.isEmpty else { return false }
                close(resets: resets)
                return false
            case .head: return try readHead()
            case .body(let head, let body, let script): return try readBody(head, body, script)
            case .answering(let next): return try play(next)
            }
        } catch is MalformedRequest {
            _ = writeNow(Array("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)[...])
            close(resets: false)
        } catch {
            end(.resetByClient)
        }
        return false
    }

    // MARK: - Request

    private func readHead() throws -> Bool {
        guard let head = try RequestHead.take(from: &input) else {
            if !input.isEmpty { idleUntil = nil }
            if let idleUntil, idleUntil <= .now { close(resets: false) }
            return false
        }
        idleUntil = nil
        let script = state.withLock { $0.script(method: head.method, path: head.path) }
        reading = script?.reading ?? .whole
        let expectation = script?.expectation ?? .accept
        if head["expect"]?.lowercased() == "100-continue" {
            if expectation == .accept { _ = writeNow(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)[...]) }
            if expectation == .refuse { reading = .headOnly }
        }
        phase = .body(head, RequestBody(head.bodyLength), script)
        return true
    }

    private func readBody(_ head: RequestHead, _ body: RequestBody, _ script: Script?) throws -> Bool {
        var body = body
        switch reading {
        case .whole: try body.take(from: &input)
        case .headOnly: break
        case .after(let gate):
            guard passes(gate) else { return false }
            reading = .whole
            try body.take(from: &input)
        case .slow(let bytes, let milliseconds):
            try body.take(from: &input)
            if !body.isComplete {
                if let next = nextSlowRead, ContinuousClock.now < next { return false }
                try readSome(bytes)
                nextSlowRead = .now + .milliseconds(milliseconds)
                try body.take(from: &input)
            }
        }
        phase = .body(head, body, script)
        if case .headOnly = reading {} else { guard body.isComplete else { return false } }
        nextSlowRead = nil
        requestIsComplete = body.isComplete
        answer(head, body, script)
        return true
    }

    private func readSome(_ bytes: Int) throws {
        var buffer = [UInt8](repeating: 0, count: bytes)
        let count = read(fd, &buffer, bytes)
        if count > 0 { input += buffer[..<count] }
        if count == 0 { end(.closedByClient) }
        if count < 0, errno != EAGAIN { throw SystemError("read") }
    }

    private func answer(_ head: RequestHead, _ body: RequestBody, _ script: Script?) {
        let (request, respond) = state.withLock { shared in
            let request = ReceivedRequest(
                number: shared.requests.count, connection: number, method: head.method, target: head.target,
                headers: head.headers, body: body.bytes, isComplete: body.isComplete, receivedAt: .now)
            shared.requests.append(request)
            shared.connections[number].requests += 1
            return (request, shared.respond)
        }
        let script = script ?? respond?(request) ?? .json("{}", status: 404)
        plan = AnswerPlan(script, omitsBody: head.method == "HEAD").actions
        phase = .answering(next: 0)
    }

    // MARK: - Answer

    private func play(_ next: Int) throws -> Bool {
        guard try flush() else { return false }
        guard next < plan.count else { return false }
        switch plan[next] {
        case .write(let bytes): unsent = bytes[...]
        case .writeAlone(let bytes):
            unsent = bytes[...]
            phase = .answering(next: next + 1)
            isRunnable = try flush()
            return false
        case .wait(let gate): guard passes(gate) else { return false }
        case .delay(let milliseconds):
            guard let until = pausedUntil else {
                pausedUntil = .now + .milliseconds(milliseconds)
                return false
            }
            guard ContinuousClock.now >= until else { return false }
            pausedUntil = nil
        case .close:
            close(resets: false)
            return false
        case .reset:
            close(resets: true)
            return false
        case .hang:
            phase = .hanging
            return false
        case .finish(let afterwards):
            finish(afterwards)
            return true
        }
        phase = .answering(next: next + 1)
        return true
    }

    private func finish(_ afterwards: Script.Afterwards) {
        plan = []
        switch afterwards {
        case .keepAlive where requestIsComplete:
            phase = .head
            idleUntil = idleLimit.map { .now + $0 }
        case .keepAlive, .close, .closeUnannounced: close(resets: false)
        case .closeOnNextRequest: phase = .stale(resets: false)
        case .resetOnNextRequest: phase = .stale(resets: true)
        }
    }

    /// True if the kernel has accepted all bytes.
    private func flush() throws -> Bool {
        wantsToWrite = false
        while !unsent.isEmpty {
            let count = writeNow(unsent)
            if count >= 0 {
                unsent = unsent.dropFirst(count)
            } else if errno == EAGAIN {
                wantsToWrite = true
                return false
            } else if errno != EINTR {
                throw SystemError("send")
            }
        }
        return true
    }

    private func writeNow(_ bytes: ArraySlice<UInt8>) -> Int {
        let count = bytes.withUnsafeBytes { send(fd, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
        if count > 0 { state.withLock { $0.connections[number].bytesSent += count } }
        return count
    }

    private func passes(_ gate: Gate) -> Bool {
        if gate.tryPass() { return true }
        gate.onChange(of: state) { [state] in state.wake() }
        // Asks once more, because the gate may have opened before the wake function was set.
        return gate.tryPass()
    }

    // MARK: - End

    private func close(resets: Bool) {
        if !resets, !requestIsComplete {
            shutdown(fd, CInt(SHUT_WR))
            phase = .lingering
            return
        }
        end(.closedByProvider, resets: resets)
    }

    func end(_ ending: ConnectionRecord.Ending, resets: Bool = false) {
        guard !isClosed else { return }
        isClosed = true
        if resets { Sockets.resetOnClose(fd) }
        Glibc.close(fd)
        state.withLock { shared in
            shared.connections[number].ending = ending
            shared.connections[number].endedAt = .now
        }
    }
}
