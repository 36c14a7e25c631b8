internal import Glibc

/// What libcurl's pool of connections does, host by host: told by the sockets it opens and closes, and by what each
/// finished transfer reports.
@Loop
final class ConnectionPool {
    private struct Host {
        var open = 0
        var active = 0
        var handshakes = 0
        var reused = 0
        var version: String?
        var connectedAt: Int?
    }

    private var hosts: [String: Host] = [:]
    /// The host of each open socket, by descriptor.
    private var sockets: [Int32: String] = [:]

    /// By name.
    var figures: [PoolHost] {
        hosts.sorted { $0.key < $1.key }.map { name, host in
            PoolHost(
                name: name, open: host.open, idle: max(0, host.open - host.active), handshakes: host.handshakes,
                reused: host.reused, version: host.version, connectedAt: host.connectedAt)
        }
    }

    func opened(_ descriptor: Int32, to host: String) {
        // One whose end nobody saw.
        closed(descriptor)
        sockets[descriptor] = host
        hosts[host, default: Host()].open += 1
    }

    func closed(_ descriptor: Int32) {
        guard let host = sockets.removeValue(forKey: descriptor) else { return }
        hosts[host]?.open -= 1
    }

    func began(_ host: String) {
        hosts[host, default: Host()].active += 1
    }

    /// - Parameters:
    ///   - connections: new ones the transfer needed; nil: it did not get that far.
    ///   - version: of HTTP, as `status` says it.
    func ended(_ host: String, connections: Int?, version: String?) {
        hosts[host]?.active -= 1
        guard let connections else { return }
        if connections == 0 {
            hosts[host]?.reused += 1
        } else {
            hosts[host]?.handshakes += connections
            hosts[host]?.connectedAt = time(nil)
        }
        if let version { hosts[host]?.version = version }
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
