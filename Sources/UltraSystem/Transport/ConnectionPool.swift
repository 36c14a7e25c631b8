internal import CCurl
internal import CSystemd
internal import Glibc

/// What libcurl's pool of connections does, host by host: told by the sockets it opens and closes, and by what each
/// finished transfer reports.
///
/// libcurl does not look at a connection that nobody uses. Once a host has had no transfer for a second its sockets are
/// watched here, so that a close by the host is seen when it happens, and how long it waited is learned. Busy hosts
/// cost nothing.
///
/// A connection that is not to be trusted any more is retired: no new transfer gets it. One that no transfer uses is
/// shut down at once, which libcurl takes for a close by the peer; one in use is left to those who use it.
@Loop
final class ConnectionPool {
    /// What is known of one; a transfer keeps it, so that its name is looked up once.
    final class Host {
        fileprivate let name: String
        /// Open and usable.
        fileprivate(set) var descriptors: [Int32] = []
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
        /// How often its connections were retired. Transfers of different generations share no connection.
        fileprivate(set) var generation = 0

        /// Several transfers share a connection (HTTP/2), which also carries frames that belong to none.
        var isMultiplexed: Bool { version == ConnectionPool.multiplexed }

        fileprivate init(_ name: String) {
            self.name = name
        }
    }

    private struct Socket {
        var host: Host
        /// Tells it from a later file of the same number.
        var inode: UInt64
        var generation: Int
        /// It serves nobody any more, and libcurl does not know yet.
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
    /// The connections to a host were retired, for a reason that is not the host's.
    var onRetire: @Loop (String) -> Void = { _ in }
    /// Whether libcurl waits for a descriptor.
    var isWatched: @Loop (Int32) -> Bool = { _ in false }
    /// Whether a transfer uses a descriptor, as far as can be known.
    var isInUse: @Loop (Int32, Host) -> Bool = { _, _ in false }
    /// How long the machine has been suspended since it started, in nanoseconds.
    var suspended: @Loop () -> UInt64 = { EventLoop.suspended }
    private var suspendedBefore: UInt64?

    /// From the end of the last transfer until its sockets are watched.
    static let restNanoseconds: UInt64 = 1_000_000_000
    /// The shortest suspension that counts, in nanoseconds.
    static let shortestSuspension: UInt64 = 1_000_000_000
    nonisolated static let multiplexed = "h2"

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
                name: host.name, open: host.descriptors.count,
                idle: max(0, host.descriptors.count - host.active), handshakes: host.handshakes,
                reused: host.reused, version: host.version, connectedAt: host.connectedAt)
        }
    }

    func warmth(of name: String) -> PoolWarmth {
        let host = hosts[name] ?? Host(name)
        let now = EventLoop.now
        return PoolWarmth(
            open: host.descriptors.count, active: host.active,
            idleMilliseconds: Int((now - min(now, host.endedAt)) / 1_000_000),
            usableMilliseconds: (maxAgeSeconds(host) + 1) * 1000)
    }

    // MARK: - Sockets

    func opened(_ descriptor: Int32, to host: Host, generation: Int) {
        // One whose end nobody saw.
        closed(descriptor)
        sockets[descriptor] = Socket(host: host, inode: Self.inode(descriptor), generation: generation)
        host.descriptors.append(descriptor)
    }

    func closed(_ descriptor: Int32) {
        guard let socket = sockets.removeValue(forKey: descriptor) else { return }
        forget(descriptor, of: socket.host)
        if !socket.isGone { socket.host.descriptors.removeAll { $0 == descriptor } }
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
            let watch = Watch(ifPossible: descriptor, host.isMultiplexed ? .peerClosed : [.peerClosed, .input]) {
                [unowned self] _ in endedByHost(descriptor)
            }
            guard let watch else { continue }
            host.watches[descriptor] = watch
            watchCount += 1
        }
        if let next { watching.arm(at: next) }
    }

    /// The host has closed a resting connection, or has sent on it what nobody asked for.
    private func endedByHost(_ descriptor: Int32) {
        guard let host = sockets[descriptor]?.host else { return }
        // A proxy's connection serves other hosts too.
        guard !isInUse(descriptor, host) else { return forget(descriptor, of: host) }
        end(descriptor)
        // Of several it is not known which one was used last; of the last one it is.
        guard host.descriptors.isEmpty else { return }
        let now = Self.milliseconds(EventLoop.now)
        let idle = now - Self.milliseconds(host.endedAt)
        host.limit.closed(afterIdle: idle, at: now)
        onIdleClose(host.name, idle)
    }

    // MARK: - Retirement

    /// No new transfer gets a connection to `host` that is there now.
    func retire(_ host: Host) {
        host.generation += 1
        for descriptor in host.descriptors where !isInUse(descriptor, host) { end(descriptor) }
    }

    /// The same for every host; connections that were there before the machine slept or its network changed.
    func retireAll() {
        for host in hosts.values where !host.descriptors.isEmpty {
            retire(host)
            onRetire(host.name)
        }
    }

    /// Ends retired connections to `host` that nobody uses any more.
    func closeRetired(_ host: Host) {
        for descriptor in host.descriptors {
            guard let socket = sockets[descriptor], socket.generation != host.generation else { continue }
            if !isInUse(descriptor, host) { end(descriptor) }
        }
    }

    /// Shuts a connection down that no transfer uses. What has arrived on it goes too: libcurl looks for the end alone.
    private func end(_ descriptor: Int32) {
        guard let socket = sockets[descriptor], !socket.isGone else { return }
        forget(descriptor, of: socket.host)
        sockets[descriptor]?.isGone = true
        socket.host.descriptors.removeAll { $0 == descriptor }
        guard Self.inode(descriptor) == socket.inode else { return }
        shutdown(descriptor, CInt(SHUT_RDWR))
        ccurl_discard(descriptor)
    }

    /// Ends the resting connections to `host` on which something has come: it would be read as the next answer. (RFC
    /// 9112, section 9.2: bytes of no request.) The frames of HTTP/2 say themselves what they belong to.
    private func endReadable(_ host: Host) {
        guard !host.descriptors.isEmpty, !host.isMultiplexed else { return }
        withUnsafeTemporaryAllocation(of: pollfd.self, capacity: host.descriptors.count) { polled in
            var count = 0
            for descriptor in host.descriptors where !isWatched(descriptor) {
                polled.initializeElement(at: count, to: pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
                count += 1
            }
            guard count > 0, poll(polled.baseAddress, nfds_t(count), 0) > 0 else { return }
            for entry in polled[..<count] where entry.revents != 0 && !isInUse(entry.fd, host) { end(entry.fd) }
        }
    }

    private func noticeSuspension() {
        let now = suspended()
        defer { suspendedBefore = now }
        if let before = suspendedBefore, now > before &+ Self.shortestSuspension { retireAll() }
    }

    // MARK: - Transfers

    /// A transfer to `host` begins.
    func began(_ host: Host) {
        noticeSuspension()
        host.active += 1
        if !host.watches.isEmpty {
            for descriptor in Array(host.watches.keys) { forget(descriptor, of: host) }
        }
        endReadable(host)
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
