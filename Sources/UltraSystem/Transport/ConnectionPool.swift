internal import CSystemd
internal import Glibc

/// What libcurl's pool of connections does, host by host: told by the sockets it opens and closes, and by what each
/// finished transfer reports.
///
/// libcurl does not look at a connection that nobody uses. Once a host has had no transfer for a second its sockets are
/// watched here, so that a close by the host is seen when it happens, and how long it waited is learned. Busy hosts
/// cost nothing.
@Loop
final class ConnectionPool {
    /// What is known of one; a transfer keeps it, so that its name is looked up once.
    final class Host {
        fileprivate let name: String
        fileprivate var open = 0
        fileprivate var active = 0
        fileprivate var handshakes = 0
        fileprivate var reused = 0
        fileprivate var version: String?
        fileprivate var connectedAt: Int?
        fileprivate var limit = IdleLimit()
        /// When the last transfer ended, in nanoseconds of the loop's clock.
        fileprivate var endedAt: UInt64 = 0
        /// By descriptor; while nothing is under way.
        fileprivate var watches: [Int32: Watch] = [:]

        fileprivate init(_ name: String) {
            self.name = name
        }
    }

    private struct Socket {
        var host: Host
        /// Tells it from a later file of the same number.
        var inode: UInt64
        /// The host has closed it, and libcurl does not know yet.
        var isGone = false
    }

    private var hosts: [String: Host] = [:]
    /// Each open socket, by descriptor.
    private var sockets: [Int32: Socket] = [:]
    private let watching = Timer {}
    /// Sockets that are watched.
    private var watchCount = 0
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
        hosts.values.sorted { $0.name < $1.name }.map { host in
            PoolHost(
                name: host.name, open: host.open, idle: max(0, host.open - host.active), handshakes: host.handshakes,
                reused: host.reused, version: host.version, connectedAt: host.connectedAt)
        }
    }

    func warmth(of name: String) -> PoolWarmth {
        let host = hosts[name] ?? Host(name)
        let now = EventLoop.now
        return PoolWarmth(
            open: host.open, active: host.active, idleMilliseconds: Int((now - min(now, host.endedAt)) / 1_000_000),
            usableMilliseconds: (maxAgeSeconds(host) + 1) * 1000)
    }

    // MARK: - Sockets

    func opened(_ descriptor: Int32, to host: Host) {
        // One whose end nobody saw.
        closed(descriptor)
        sockets[descriptor] = Socket(host: host, inode: Self.inode(descriptor))
        host.open += 1
    }

    func closed(_ descriptor: Int32) {
        guard let socket = sockets.removeValue(forKey: descriptor) else { return }
        forget(descriptor, of: socket.host)
        if !socket.isGone { socket.host.open -= 1 }
    }

    /// libcurl waits for `descriptor` itself now: a proxy's connection serves other hosts too, and newer versions take
    /// their time to close one.
    func taken(_ descriptor: Int32) {
        guard watchCount > 0, let socket = sockets[descriptor] else { return }
        forget(descriptor, of: socket.host)
    }

    private func forget(_ descriptor: Int32, of host: Host) {
        guard let watch = host.watches.removeValue(forKey: descriptor) else { return }
        watch.forget()
        watchCount -= 1
    }

    /// Watches the connections to hosts that have had no transfer for a while.
    private func watchResting() {
        let now = EventLoop.now
        var next: UInt64?
        for (descriptor, socket) in sockets {
            let host = socket.host
            guard host.active == 0, !socket.isGone, host.watches[descriptor] == nil else { continue }
            let due = host.endedAt + Self.restNanoseconds
            guard due <= now else {
                next = min(next ?? due, due)
                continue
            }
            // libcurl closes some sockets in silence, and the number may be another file's by now.
            guard Self.inode(descriptor) == socket.inode else { continue }
            let watch = Watch(ifPossible: descriptor, .peerClosed) { [unowned self] _ in closedByHost(descriptor) }
            guard let watch else { continue }
            host.watches[descriptor] = watch
            watchCount += 1
        }
        if let next { watching.arm(at: next) }
    }

    private func closedByHost(_ descriptor: Int32) {
        guard let host = sockets[descriptor]?.host else { return }
        forget(descriptor, of: host)
        sockets[descriptor]?.isGone = true
        host.open -= 1
        // Of several it is not known which one was used last; of the last one it is.
        guard host.open == 0 else { return }
        let now = Self.milliseconds(EventLoop.now)
        let idle = now - Self.milliseconds(host.endedAt)
        host.limit.closed(afterIdle: idle, at: now)
        onIdleClose(host.name, idle)
    }

    // MARK: - Transfers

    /// A transfer to `host` begins.
    func began(_ host: Host) {
        host.active += 1
        if !host.watches.isEmpty {
            for descriptor in Array(host.watches.keys) { forget(descriptor, of: host) }
        }
    }

    /// How many seconds a connection to `host` may have been idle that is used.
    func maxAgeSeconds(_ host: Host) -> Int {
        host.limit.maxAgeSeconds(at: Self.milliseconds(EventLoop.now), longest: longestIdle)
    }

    /// - Parameters:
    ///   - connections: new ones the transfer needed; nil: it did not get that far.
    ///   - version: of HTTP, as `status` says it.
    ///   - keepAlive: for how many seconds the host said that it keeps an idle connection.
    func ended(_ host: Host, connections: Int?, version: String?, keepAlive: Int?) {
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

    /// - Parameter name: scheme, host and port.
    func host(_ name: String) -> Host {
        if let host = hosts[name] { return host }
        let host = Host(name)
        hosts[name] = host
        return host
    }

    private static func milliseconds(_ nanoseconds: UInt64) -> Int { Int(nanoseconds / 1_000_000) }

    /// 0 if there is no such descriptor.
    private static func inode(_ descriptor: Int32) -> UInt64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? UInt64(status.st_ino) : 0
    }
}
