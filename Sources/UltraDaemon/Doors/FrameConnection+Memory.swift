internal import UltraAPI
internal import UltraSystem

// Admission of frames by the user's account of bytes.

extension FrameConnection {
    /// The maximum length of a request that is admitted beyond the user's share if it is alone on its connection, so
    /// that an administrator can find the cause.
    private static var exemptBytes: Int { 512 }

    /// Charges the arriving frame. Returns false if there is no memory for it: the frame then waits unread, or is
    /// discarded and its request refused.
    func admit(_ length: Int) -> Bool {
        guard frameCharge == 0 else { return true }
        let cost = ByteAccount.cost(ofFrame: length)
        switch memory.ask(cost, of: user) {
        case .granted:
            frameCharge = cost
            decoder.expect(length)
            return true
        case .wait where length <= Self.exemptBytes && calls.isEmpty && memory.beginExempt(of: user):
            memory.add(cost, of: user)
            (frameCharge, isFrameExempt) = (cost, true)
            return true
        case .wait:
            waitsForRoom = true
            socket.update(output.bytes.isEmpty ? [] : .output)
            partialFrame.arm(after: door.queueTimeout)
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

    func discardFrame(_ error: UltraError) {
        refusal = error
        decoder.discard()
    }

    func tellRefusal(_ id: Int) {
        partialFrame.cancel()
        let error = refusal ?? .overloaded(by: memory.account.limit)
        refusal = nil
        refuse(id, nil, error)
    }

    /// The timeout of a partial frame: closes a connection whose frame is incomplete, and refuses a frame that got no
    /// memory.
    func frameIsLate() {
        guard waitsForRoom else { return close() }
        memory.stopWaiting(self)
        waitsForRoom = false
        discardFrame(.overloaded(by: memory.account.limit))
        goOnReading()
    }

    func goOnReading() {
        guard isOpen else { return }
        takeFrames()
        if isReading { socket.update(output.bytes.isEmpty ? .input : [.input, .output]) }
    }
}

extension FrameConnection: RoomWaiter {
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
    /// - Parameter limit: The bytes that clients may make the daemon hold.
    static func overloaded(by limit: Int) -> UltraError {
        UltraError(
            .overloaded, "the requests in flight take all the memory that requests may take",
            hint: "ask again in a moment, or raise limits.memory (now \(limit) bytes)", provider: "ultrad",
            isRetryable: true, retryAfterMilliseconds: 1000)
    }
}
