/// The pool's figures for one host, since the start.
package struct PoolHost: Sendable, Equatable {
    /// Scheme, host and port.
    package let name: String
    package let open: Int
    /// Open, and waiting for work.
    package let idle: Int
    /// Connections made.
    package let handshakes: Int
    /// Transfers that found one ready.
    package let reused: Int
    /// `http/1.1` or `h2`; nil: nothing has answered yet.
    package let version: String?
    /// When the last one was made, and its name resolved: seconds since 1970.
    package let connectedAt: Int?
}

/// How ready the connections to one host are.
package struct PoolWarmth: Sendable, Equatable {
    package var open: Int
    /// Transfers under way.
    package var active: Int
    /// Milliseconds since the last transfer ended.
    package var idleMilliseconds: Int
    /// A connection that was idle for so many milliseconds is not used again.
    package var usableMilliseconds: Int

    package init(open: Int, active: Int, idleMilliseconds: Int, usableMilliseconds: Int) {
        self.open = open
        self.active = active
        self.idleMilliseconds = idleMilliseconds
        self.usableMilliseconds = usableMilliseconds
    }
}
