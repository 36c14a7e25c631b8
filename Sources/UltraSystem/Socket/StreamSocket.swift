internal import CSystemd
internal import Glibc

/// A connected, nonblocking stream socket. Closed when it goes.
@Loop
package final class StreamSocket {
    package enum Received: Equatable {
        case bytes(Int)
        /// Nothing there now; the watch will tell.
        case nothing
        /// The peer will send no more.
        case end
        /// The connection is gone.
        case lost
    }

    package let peer: Peer
    private let descriptor: CInt
    private var watch: Watch?

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

    /// Calls `onReady` when there is input, and whenever the connection breaks.
    package func watch(onReady: @escaping @Loop (Watch.Events) -> Void) {
        watch = Watch(descriptor, .input, onReady: onReady)
    }

    package func update(_ interest: Watch.Events) {
        watch?.update(interest)
    }

    /// Reads once into `space`.
    package func receive(into space: UnsafeMutableRawBufferPointer) -> Received {
        let count = recv(descriptor, space.baseAddress, space.count, 0)
        if count > 0 { return .bytes(count) }
        if count == 0 { return .end }
        return errno == EAGAIN || errno == EINTR ? .nothing : .lost
    }

    /// Writes once; the number of bytes taken, 0 when the buffer is full, nil when the connection is gone.
    package func send(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }

    /// Tells the peer that nothing follows.
    package func finishSending() {
        shutdown(descriptor, CInt(SHUT_WR))
    }

    /// Writes `bytes`, as many as are taken at once, as the last that the peer gets.
    package func sendLast(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { send($0) }
        finishSending()
    }
}
