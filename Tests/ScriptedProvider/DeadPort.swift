import Glibc

/// A port of 127.0.0.1 without a server, which no other process can take meanwhile.
package final class DeadPort: Sendable {
    package enum Manner: Sendable {
        /// Connecting fails with ECONNREFUSED.
        case refuses
        /// Connecting never completes: the listener's queue is full, so the kernel drops the SYN.
        case neverAnswers
    }

    package let port: UInt16
    private let sockets: [CInt]

    package init(_ manner: Manner) throws(SystemError) {
        let fd = try Sockets.bind(.loopback(port: 0))
        port = Sockets.port(of: fd)
        switch manner {
        // Bound but not listening.
        case .refuses: sockets = [fd]
        case .neverAnswers:
            _ = try Sockets.check("listen", listen(fd, 0))
            // A queue of length 0 holds one connection (listen(2) on Linux); the second connection makes sure that it
            // is full.
            sockets = [
                fd, try Sockets.connect(.loopback(port: port)), try Sockets.connect(.loopback(port: port)),
            ]
        }
    }

    deinit { for fd in sockets { close(fd) } }

    package var url: String { "http://127.0.0.1:\(port)" }
}
