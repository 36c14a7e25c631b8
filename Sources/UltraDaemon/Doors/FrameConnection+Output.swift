internal import UltraAPI
internal import UltraSystem

// The way out: frames leave together at the end of a turn of the loop, and a client that does not read holds back its
// answers.

extension FrameConnection {
    /// True if too much is unsent. A user that holds more than its share may have less unsent.
    var isCongested: Bool {
        let unsent = output.bytes.count - sentBytes
        guard unsent > Self.leastUnsentBytes else { return false }
        return unsent > limits.unsentBytes || memory.account.isOver(user)
    }

    /// Unsent bytes that are never too much, and are not charged.
    private static var leastUnsentBytes: Int { 16 << 10 }

    func drained() async {
        while isCongested, isOpen {
            if output.bytes.count - sentBytes <= limits.unsentBytes { memory.wait(self) }
            await withUnsafeContinuation(isolation: Loop.shared) { drainWaiters.append($0) }
        }
    }

    /// Adds frames, which leave at the end of the turn.
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

    func flushOutput() {
        guard isOpen, !output.bytes.isEmpty else { return }
        let sent = output.bytes.withUnsafeBytes { bytes in
            socket.send(UnsafeRawBufferPointer(rebasing: bytes[sentBytes...]))
        }
        guard let sent else { return close() }
        sentBytes += sent
        door.sentByteCount &+= UInt64(sent)
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
            // Decode requests received before reading paused.
            if decoder.hasPartialFrame, !partialFrame.isArmed { takeFrames() }
        }
        closeIfDone()
    }

    func resumeDrained() {
        let waiters = drainWaiters
        drainWaiters = []
        for waiter in waiters { waiter.resume() }
    }
}
