package import UltraAPI

/// Why a transfer failed, and how far it had come. `message` is libcurl's own sentence; it never holds a header.
package struct TransportError: Error, Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// `refused` and `unreachable` may mean the proxy: the message names host and port.
        case resolve, refused, unreachable
        /// The proxy does not resolve, denied the tunnel, closed it, or wants to know who asks (407).
        case proxy
        case tls
        /// Ended, or not begun: by this machine's clock.
        case certificateExpired
        case certificateUntrusted, certificateWrongHost
        /// The peer closed or reset the connection.
        case connectionLost
        case protocolViolation
        /// The reply is larger than a limit of ours, which the message names.
        case tooLarge
        case timeout(TimeoutKind)
        case cancelled
        case `internal`
    }

    /// Where in its course the transfer was.
    package enum Phase: Int, Sendable, Comparable {
        case queued, resolving, connecting, tls
        /// The request is being sent or was sent; nothing of the reply has come.
        case waiting
        case body

        package static func < (a: Phase, b: Phase) -> Bool { a.rawValue < b.rawValue }
    }

    package let kind: Kind
    package let phase: Phase
    package let message: String

    package init(_ kind: Kind, _ phase: Phase, _ message: String) {
        self.kind = kind
        self.phase = phase
        self.message = message
    }
}
