internal import CSystemd
internal import Glibc

/// A connected, non-blocking Unix stream socket. Owns its descriptor and closes it on deinit.
@Loop
package final class StreamSocket {
    /// The outcome of one `recv(2)`.
    package enum Received: Equatable {
        case bytes(Int)
        /// No data is available now; `onReady` reports when there is.
        case nothing
        /// The peer has shut down its sending side.
        case end
        /// The connection failed and must be dropped.
        case lost
    }

    /// The process at the other end, identified when the connection was accepted.
    package let peer: Peer
    private let descriptor: CInt
    private var watch: Watch?

    /// Takes ownership of `descriptor`; nil if its peer credentials cannot be read, in which case the descriptor is
    /// closed.
    init?(_ descriptor: CInt) {
        guard let peer = Peer(of: descriptor) else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        self.peer = peer
    }

    isolated deinit {
        watch?.cancel()
        close(descriptor)
    }

    /// Calls `onReady` when there is input, and whenever the connection breaks. Call once.
    package func watch(onReady: @escaping @Loop (Watch.Events) -> Void) {
        watch = Watch(descriptor, .input, onReady: onReady)
    }

    /// Changes the events `onReady` is called for. Does nothing before `watch(onReady:)`.
    package func update(_ interest: Watch.Events) {
        watch?.update(interest)
    }

    /// Reads once into `space`, without blocking.
    package func receive(into space: UnsafeMutableRawBufferPointer) -> Received {
        let count = recv(descriptor, space.baseAddress, space.count, 0)
        if count > 0 { return .bytes(count) }
        if count == 0 { return .end }
        return errno == EAGAIN || errno == EINTR ? .nothing : .lost
    }

    /// Writes once, without blocking.
    /// - Returns: the number of bytes the kernel accepted; 0 if its buffer is full; nil if the connection failed.
    package func send(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }

    /// Shuts down the sending side: the peer reads the end of the stream.
    package func finishSending() {
        shutdown(descriptor, CInt(SHUT_WR))
    }

    /// Sends as much of `bytes` as the kernel accepts at once, then shuts down the sending side.
    package func sendLast(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { send($0) }
        finishSending()
    }
}
