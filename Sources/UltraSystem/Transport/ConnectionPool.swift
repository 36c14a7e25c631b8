internal import Glibc

/// What libcurl's pool of connections does, host by host: told by the sockets it opens and closes, and by what each
/// finished transfer reports.
@Loop
final class ConnectionPool {
    /// What is counted of one host; whoever has to do with it keeps it, so that no request looks it up.
    @Loop
    final class Host {
        fileprivate var open = 0
        fileprivate var active = 0
        fileprivate var handshakes = 0
        fileprivate var reused = 0
        fileprivate var version: StaticString?
        fileprivate var connectedAt: Int?

        fileprivate init() {}

        func began() {
            active += 1
        }

        /// - Parameters:
        ///   - connections: new ones the transfer needed; nil: it did not get that far.
        ///   - version: of HTTP, as `status` says it.
        func ended(connections: Int?, version: StaticString?) {
            active -= 1
            guard let connections else { return }
            if connections == 0 {
                reused += 1
            } else {
                handshakes += connections
                connectedAt = time(nil)
            }
            if let version { self.version = version }
        }
    }

    private var hosts: [String: Host] = [:]
    /// The host of each open socket, by descriptor.
    private var sockets: [Int32: Host] = [:]

    /// By name.
    var figures: [PoolHost] {
        hosts.sorted { $0.key < $1.key }.map { name, host in
            PoolHost(
                name: name, open: host.open, idle: max(0, host.open - host.active), handshakes: host.handshakes,
                reused: host.reused, version: host.version.map { "\($0)" }, connectedAt: host.connectedAt)
        }
    }

    /// - Parameter name: scheme, host and port.
    func host(_ name: String) -> Host {
        if let host = hosts[name] { return host }
        let host = Host()
        hosts[name] = host
        return host
    }

    func opened(_ descriptor: Int32, to host: Host) {
        // One whose end nobody saw.
        closed(descriptor)
        sockets[descriptor] = host
        host.open += 1
    }

    func closed(_ descriptor: Int32) {
        sockets.removeValue(forKey: descriptor)?.open -= 1
    }
}

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
