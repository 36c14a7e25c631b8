internal import UltraAPI
internal import UltraDialects
internal import UltraSystem

// Admission of bodies by the user's account of bytes.

extension HTTPConnection {
    /// The maximum length of a request that is admitted beyond the user's share, so that an administrator can find the
    /// cause.
    private static var exemptBytes: Int { 512 }
    /// The step in which a body of unknown length is charged.
    private static var stepBytes: Int { 64 << 10 }

    /// Charges the memory that the request needs. Returns false if the request must wait or was refused.
    func admitBody(of exchange: HTTPExchange) -> Bool {
        let length: Int
        switch exchange.head.body {
        case .none: length = 0
        case .length(let count): length = count
        case .chunked: length = exchange.body.count + max(Self.stepBytes, decoder.bufferedByteCount)
        }
        let cost = ByteAccount.cost(ofFrame: length)
        guard cost > exchange.charge else { return true }
        let more = cost - exchange.charge
        switch memory.ask(more, of: user) {
        case .granted:
            exchange.charge = cost
            if case .length(let count) = exchange.head.body {
                exchange.body.reserveCapacity(min(count, Self.stepBytes))
            }
            return true
        case .wait where !exchange.isExempt && length <= Self.exemptBytes && memory.beginExempt(of: user):
            memory.add(more, of: user)
            (exchange.charge, exchange.isExempt) = (cost, true)
            return true
        case .wait:
            if !waitsForRoom {
                waitsForRoom = true
                bodyDeadline.cancel()
                patience.arm(after: times.room)
            }
            memory.wait(self)
        case .refused:
            refuse(UltraError.overloaded(by: memory.account.limit))
        case .never:
            refuse(
                UltraError(
                    .tooLarge, "a request of \(length) bytes needs more memory than one user may have",
                    hint: "send less at once, or raise limits.memory (now \(memory.account.limit) bytes)",
                    provider: "ultrad"))
        }
        return false
    }

    /// Refuses the request because no memory became free in time.
    func refuseRoom() {
        refuse(UltraError.overloaded(by: memory.account.limit))
    }

    func stopWaiting() {
        guard waitsForRoom else { return }
        waitsForRoom = false
        memory.stopWaiting(self)
    }

    var isCongested: Bool { output.isCongested }

    func drained() async { await output.drained(self) }
}

extension HTTPConnection: RoomWaiter {
    func roomMayBeFree() -> Bool {
        output.roomMayBeFree()
        guard waitsForRoom else { return true }
        waitsForRoom = false
        patience.arm(after: times.bodyPause)
        bodyDeadline.arm(after: times.body)
        takeRequests()
        return !waitsForRoom
    }
}
