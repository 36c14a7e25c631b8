internal import UltraAPI
internal import UltraSystem

// Output of a connection: frames are sent together at the end of a turn of the loop, and a client that does not read
// its answers pauses them.

extension FrameConnection {
    /// True if too many bytes are unsent. The bound is lower for a user that holds more than its share.
    var isCongested: Bool {
        let count = unsentByteCount
        guard count > UnsentCharge.freeBytes else { return false }
        return count > limits.unsentBytes || memory.account.isOver(user)
    }

    private var unsentByteCount: Int { output.bytes.count - sentBytes }

    func drained() async {
        while isCongested, isOpen {
            if unsentByteCount <= limits.unsentBytes { memory.wait(self) }
            await withUnsafeContinuation(isolation: Loop.shared) { drainWaiters.append($0) }
        }
    }

    /// Appends frames, which are sent at the end of the turn.
    func send(_ write: (inout FrameWriter) -> Void) {
        guard isOpen else { return }
        write(&output)
        if unsentByteCount > UnsentCharge.freeBytes { unsent.update(unsentByteCount) }
        flush.schedule()
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
        unsent.update(unsentByteCount)
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
