internal import CCurl
internal import CSystemd
internal import Glibc

/// Observes libcurl's connection pool per host, through the sockets that libcurl opens and closes and through what
/// finished transfers report.
///
/// libcurl does not check idle connections. After a host has had no transfer for a second, its sockets are watched
/// here, so a close by the host is noticed immediately and its keep-alive limit is learned. Busy hosts cost nothing.
///
/// A connection that may be dead is retired: no new transfer uses it. An idle one is shut down at once, which libcurl
/// takes for a close by the peer; one in use is left to its transfers.
@Loop
final class ConnectionPool {
    /// State of one host. A transfer retains it, so its name is looked up once.
    final class Host {
        fileprivate let name: String
        /// Open, usable connections.
        fileprivate(set) var descriptors: [Int32] = []
        /// Open connections that libcurl does not watch: no transfer uses them, or their transfer is paused.
        fileprivate var resting: [Int32] = []
        fileprivate var active = 0
        fileprivate var handshakes = 0
        fileprivate var reused = 0
        fileprivate var version: String?
        fileprivate var connectedAt: Int?
        fileprivate var limit = IdleLimit()
        /// When its last transfer ended, in nanoseconds of `CLOCK_MONOTONIC`.
        fileprivate var endedAt: UInt64 = 0
        /// Watches on idle connections by descriptor; empty while a transfer is running.
        fileprivate var watches: [Int32: Watch] = [:]
        /// How many times its connections were retired. Transfers of different generations share no connection.
        fileprivate(set) var generation = 0

        /// True if transfers share a connection (HTTP/2); such a connection also carries frames that belong to no
        /// transfer.
        var isMultiplexed: Bool { version == ConnectionPool.multiplexed }

        fileprivate init(_ name: String) {
            self.name = name
        }
    }

    /// An open socket of libcurl's.
    private struct Socket {
        var host: Host
        /// Distinguishes it from a later file with the same descriptor.
        var inode: UInt64
        var generation: Int
        /// True if it was shut down here and libcurl has not noticed yet.
        var isGone = false
    }

    private var hosts: [String: Host] = [:]
    /// Open sockets by descriptor.
    private var sockets: [Int32: Socket] = [:]
    private let restTimer = Timer {}
    /// The number of watched sockets.
    private var watchCount = 0
    /// An idle connection is not reused after this many milliseconds.
    private let longestIdle: Int
    /// Called when a host closes its last connection: host, and how many milliseconds that connection was idle.
    var onIdleClose: @Loop (String, Int) -> Void = { _, _ in }
    /// Called when a host's connections are retired for a local reason (suspension, network change).
    var onRetire: @Loop (String) -> Void = { _ in }
    /// True if a transfer uses this descriptor, or may use it.
    var isInUse: @Loop (Int32, Host) -> Bool = { _, _ in false }
    /// How long the machine has been suspended since boot, in nanoseconds.
    var suspended: @Loop () -> UInt64 = { EventLoop.suspended }
    private var suspendedBefore: UInt64?

    /// Time from the end of a host's last transfer until its sockets are watched.
    static let restNanoseconds: UInt64 = 1_000_000_000
    /// The shortest suspension that retires connections, in nanoseconds.
    static let shortestSuspension: UInt64 = 1_000_000_000
    nonisolated static let multiplexed = "h2"

    init(longestIdle: Duration = TransportSettings().longestIdle) {
        self.longestIdle = Int(longestIdle.milliseconds)
        restTimer.onFire = { [unowned self] in watchResting() }
    }

    isolated deinit {
        restTimer.cancel()
    }

    /// All hosts, sorted by name.
    var figures: [PoolHost] {
        hosts.values.sorted { $0.name < $1.name }.map { host in
            PoolHost(
                name: host.name, open: host.descriptors.count,
                idle: max(0, host.descriptors.count - host.active), handshakes: host.handshakes,
                reused: host.reused, version: host.version, connectedAt: host.connectedAt)
        }
    }

    /// How ready the connections to a host are; an unknown host has none.
    func warmth(of name: String) -> PoolWarmth {
        let host = hosts[name] ?? Host(name)
        let now = EventLoop.now
        return PoolWarmth(
            open: host.descriptors.count, active: host.active,
            idleMilliseconds: Int((now - min(now, host.endedAt)) / 1_000_000),
            usableMilliseconds: (maxAgeSeconds(host) + 1) * 1000)
    }

    // MARK: - Sockets

    /// libcurl opened a socket.
    func opened(_ descriptor: Int32, to host: Host, generation: Int) {
        // Its number may belong to a socket whose close went unnoticed.
        closed(descriptor)
        sockets[descriptor] = Socket(host: host, inode: Self.inode(descriptor), generation: generation)
        host.descriptors.append(descriptor)
    }

    /// libcurl closed a socket.
    func closed(_ descriptor: Int32) {
        guard let socket = sockets.removeValue(forKey: descriptor) else { return }
        forget(descriptor, of: socket.host)
        socket.host.resting.removeAll { $0 == descriptor }
        if !socket.isGone { socket.host.descriptors.removeAll { $0 == descriptor } }
    }

    /// libcurl no longer waits for `descriptor`.
    func rested(_ descriptor: Int32) {
        guard let socket = sockets[descriptor], !socket.isGone else { return }
        socket.host.resting.append(descriptor)
    }

    /// libcurl waits for `descriptor` again, so stop watching it here. This happens without a transfer to its host: a
    /// proxy connection also serves other hosts, and newer versions take time to close a connection.
    func taken(_ descriptor: Int32) {
        guard let host = sockets[descriptor]?.host else { return }
        // libcurl prefers the connection that was used last.
        if let place = host.resting.lastIndex(of: descriptor) { host.resting.remove(at: place) }
        if watchCount > 0 { forget(descriptor, of: host) }
    }

    private func forget(_ descriptor: Int32, of host: Host) {
        guard let watch = host.watches.removeValue(forKey: descriptor) else { return }
        watch.forget()
        watchCount -= 1
    }

    /// Watches the connections of hosts that have been idle for `restNanoseconds`.
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
            // libcurl closes some sockets without telling, and the number may since belong to another file.
            guard Self.inode(descriptor) == socket.inode else { continue }
            let watch = Watch(ifPossible: descriptor, host.isMultiplexed ? .peerClosed : [.peerClosed, .input]) {
                [unowned self] _ in endedByHost(descriptor)
            }
            guard let watch else { continue }
            host.watches[descriptor] = watch
            watchCount += 1
        }
        if let next { restTimer.arm(at: next) }
    }

    /// The host closed an idle connection, or sent unsolicited bytes on it.
    private func endedByHost(_ descriptor: Int32) {
        guard let host = sockets[descriptor]?.host else { return }
        // A proxy connection also serves other hosts.
        guard !isInUse(descriptor, host) else { return forget(descriptor, of: host) }
        end(descriptor)
        // The idle time is known only for the connection that was used last: measure it when no other is left.
        guard host.descriptors.isEmpty else { return }
        let now = Self.milliseconds(EventLoop.now)
        let idle = now - Self.milliseconds(host.endedAt)
        host.limit.closed(afterIdle: idle, at: now)
        onIdleClose(host.name, idle)
    }

    // MARK: - Retirement

    /// Retires all current connections to `host`: no new transfer uses them.
    func retire(_ host: Host) {
        host.generation += 1
        for descriptor in host.descriptors where !isInUse(descriptor, host) { end(descriptor) }
    }

    /// Retires the connections of every host, after the machine was suspended or its network changed.
    func retireAll() {
        for host in hosts.values where !host.descriptors.isEmpty {
            retire(host)
            onRetire(host.name)
        }
    }

    /// Closes retired connections to `host` that no transfer uses any more.
    func closeRetired(_ host: Host) {
        for descriptor in host.descriptors {
            guard let socket = sockets[descriptor], socket.generation != host.generation else { continue }
            if !isInUse(descriptor, host) { end(descriptor) }
        }
    }

    /// Shuts an unused connection down and discards what it received, because libcurl checks idle connections only for
    /// the end of input.
    private func end(_ descriptor: Int32) {
        guard let socket = sockets[descriptor], !socket.isGone else { return }
        forget(descriptor, of: socket.host)
        sockets[descriptor]?.isGone = true
        socket.host.descriptors.removeAll { $0 == descriptor }
        socket.host.resting.removeAll { $0 == descriptor }
        guard Self.inode(descriptor) == socket.inode else { return }
        shutdown(descriptor, CInt(SHUT_RDWR))
        ccurl_discard(descriptor)
    }

    /// Closes idle connections to `host` that have received data: it would be read as the next reply (RFC 9112, section
    /// 9.2). HTTP/2 is not affected, since its frames name their stream.
    private func endReadable(_ host: Host) {
        guard !host.resting.isEmpty, !host.isMultiplexed else { return }
        let resting = host.resting
        withUnsafeTemporaryAllocation(of: pollfd.self, capacity: resting.count) { polled in
            for (index, descriptor) in resting.enumerated() {
                polled.initializeElement(at: index, to: pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
            }
            guard poll(polled.baseAddress, nfds_t(resting.count), 0) > 0 else { return }
            for entry in polled where entry.revents != 0 && !isInUse(entry.fd, host) { end(entry.fd) }
        }
    }

    private func noticeSuspension() {
        let now = suspended()
        defer { suspendedBefore = now }
        if let before = suspendedBefore, now > before &+ Self.shortestSuspension { retireAll() }
    }

    // MARK: - Transfers

    /// Called when a transfer to `host` begins: counts it, and stops watching the host's idle connections.
    func began(_ host: Host) {
        noticeSuspension()
        host.active += 1
        if !host.watches.isEmpty {
            for descriptor in Array(host.watches.keys) { forget(descriptor, of: host) }
        }
        endReadable(host)
    }

    /// Value for `CURLOPT_MAXAGE_CONN`: an idle connection to `host` is reused up to this age in seconds.
    func maxAgeSeconds(_ host: Host) -> Int {
        host.limit.maxAgeSeconds(at: Self.milliseconds(EventLoop.now), longest: longestIdle)
    }

    /// A transfer to `host` ended.
    /// - Parameters:
    ///   - connections: How many connections it opened; nil if it got no reply.
    ///   - version: `ConnectionPool.multiplexed` or `http/1.1`; nil if it got no reply.
    ///   - keepAlive: Seconds for which the host says it keeps an idle connection open; nil if it does not say.
    func ended(_ host: Host, connections: Int?, version: String?, keepAlive: Int?) {
        host.active -= 1
        host.endedAt = EventLoop.now
        if host.active == 0, !restTimer.isArmed { restTimer.arm(at: host.endedAt + Self.restNanoseconds) }
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

    /// The record of a host, made if missing.
    /// - Parameter name: Scheme, host and port.
    func host(_ name: String) -> Host {
        if let host = hosts[name] { return host }
        let host = Host(name)
        hosts[name] = host
        return host
    }

    private static func milliseconds(_ nanoseconds: UInt64) -> Int { Int(nanoseconds / 1_000_000) }

    /// 0 if the descriptor is not open.
    private static func inode(_ descriptor: Int32) -> UInt64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? UInt64(status.st_ino) : 0
    }
}
