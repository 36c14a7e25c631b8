internal import Glibc

/// What libcurl's pool of connections does, host by host: told by the sockets it opens and closes, and by what each
/// finished transfer reports.
///
/// libcurl does not look at a connection that nobody uses. Once a host has had no transfer for a second its sockets are
/// watched here, so that a close by the host is seen when it happens, and how long it waited is learned. Busy hosts
/// cost nothing.
@Loop
final class ConnectionPool {
    private struct Host {
        var open = 0
        var active = 0
        var handshakes = 0
        var reused = 0
        var version: String?
        var connectedAt: Int?
        var limit = IdleLimit()
        /// When the last transfer ended, in nanoseconds of the loop's clock.
        var endedAt: UInt64 = 0
        /// By descriptor; while nothing is under way.
        var watches: [Int32: Watch] = [:]
    }

    private struct Socket {
        var host: String
        /// Tells it from a later file of the same number.
        var inode: UInt64
        /// The host has closed it, and libcurl does not know yet.
        var isGone = false
    }

    private var hosts: [String: Host] = [:]
    /// Each open socket, by descriptor.
    private var sockets: [Int32: Socket] = [:]
    private let watching = Timer {}
    /// An idle connection older than so many milliseconds is not used again.
    private let longestIdle: Int
    /// A host closed the last connection to it, which had been idle for some milliseconds.
    var onIdleClose: @Loop (String, Int) -> Void = { _, _ in }

    /// From the end of the last transfer until its sockets are watched.
    static let restNanoseconds: UInt64 = 1_000_000_000

    init(longestIdle: Duration = TransportSettings().longestIdle) {
        self.longestIdle = Int(longestIdle.milliseconds)
        watching.onFire = { [unowned self] in watchResting() }
    }

    isolated deinit {
        watching.cancel()
    }

    /// By name.
    var figures: [PoolHost] {
        hosts.sorted { $0.key < $1.key }.map { name, host in
            PoolHost(
                name: name, open: host.open, idle: max(0, host.open - host.active), handshakes: host.handshakes,
                reused: host.reused, version: host.version, connectedAt: host.connectedAt)
        }
    }

    func warmth(of name: String) -> PoolWarmth {
        let host = hosts[name] ?? Host()
        let now = EventLoop.now
        return PoolWarmth(
            open: host.open, active: host.active, idleMilliseconds: Int((now - min(now, host.endedAt)) / 1_000_000),
            usableMilliseconds: (host.limit.maxAgeSeconds(at: Self.milliseconds(now), longest: longestIdle) + 1) * 1000)
    }

    // MARK: - Sockets

    func opened(_ descriptor: Int32, to host: String) {
        // One whose end nobody saw.
        closed(descriptor)
        sockets[descriptor] = Socket(host: host, inode: Self.inode(descriptor))
        hosts[host, default: Host()].open += 1
    }

    func closed(_ descriptor: Int32) {
        guard let socket = sockets.removeValue(forKey: descriptor) else { return }
        hosts[socket.host]?.watches.removeValue(forKey: descriptor)?.forget()
        if !socket.isGone { hosts[socket.host]?.open -= 1 }
    }

    /// Watches the connections to hosts that have had no transfer for a while.
    private func watchResting() {
        let now = EventLoop.now
        var next: UInt64?
        for (descriptor, socket) in sockets {
            guard let host = hosts[socket.host], host.active == 0, !socket.isGone,
                host.watches[descriptor] == nil
            else { continue }
            let due = host.endedAt + Self.restNanoseconds
            guard due <= now else {
                next = min(next ?? due, due)
                continue
            }
            // libcurl closes some sockets in silence, and the number may be another file's by now.
            guard Self.inode(descriptor) == socket.inode else { continue }
            hosts[socket.host]?.watches[descriptor] = Watch(ifPossible: descriptor, .peerClosed) { [unowned self] _ in
                closedByHost(descriptor)
            }
        }
        if let next { watching.arm(at: next) }
    }

    private func closedByHost(_ descriptor: Int32) {
        guard let name = sockets[descriptor]?.host else { return }
        hosts[name]?.watches.removeValue(forKey: descriptor)?.forget()
        sockets[descriptor]?.isGone = true
        hosts[name]?.open -= 1
        // Of several it is not known which one was used last; of the last one it is.
        guard let host = hosts[name], host.open == 0 else { return }
        let now = Self.milliseconds(EventLoop.now)
        let idle = now - Self.milliseconds(host.endedAt)
        hosts[name]?.limit.closed(afterIdle: idle, at: now)
        onIdleClose(name, idle)
    }

    // MARK: - Transfers

    /// A transfer begins; returns how many seconds a connection may have been idle that it may use.
    func began(_ name: String) -> Int {
        hosts[name, default: Host()].active += 1
        if hosts[name]?.watches.isEmpty == false {
            hosts[name]?.watches.values.forEach { $0.forget() }
            hosts[name]?.watches = [:]
        }
        let now = Self.milliseconds(EventLoop.now)
        return hosts[name]?.limit.maxAgeSeconds(at: now, longest: longestIdle) ?? 0
    }

    /// - Parameters:
    ///   - connections: new ones the transfer needed; nil: it did not get that far.
    ///   - version: of HTTP, as `status` says it.
    ///   - keepAlive: for how many seconds the host said that it keeps an idle connection.
    func ended(_ name: String, connections: Int?, version: String?, keepAlive: Int?) {
        guard var host = hosts.removeValue(forKey: name) else { return }
        defer { hosts[name] = host }
        host.active -= 1
        host.endedAt = EventLoop.now
        if host.active == 0, !watching.isArmed { watching.arm(at: host.endedAt + Self.restNanoseconds) }
        guard let connections else { return }
        if connections == 0 {
            host.reused += 1
        } else {
            host.handshakes += connections
            host.connectedAt = time(nil)
        }
        if let version { host.version = version }
        if let keepAlive { host.limit.announces(seconds: keepAlive) }
    }

    // MARK: - Parts

    private static func milliseconds(_ nanoseconds: UInt64) -> Int { Int(nanoseconds / 1_000_000) }

    /// 0 if there is no such descriptor.
    private static func inode(_ descriptor: Int32) -> UInt64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? UInt64(status.st_ino) : 0
    }
}
