internal import CCurl
internal import CSystemd
internal import Glibc

/// libcurl's multi handle, driven by its `multi_socket` interface (libcurl-multi(3)). One instance lives as long as the
/// daemon and holds its connection pool, TLS sessions and DNS cache.
///
/// libcurl forbids calling it from its own callbacks, so these only append bytes, change watches and set flags.
/// Unpausing and expired timeouts wait for the next `kick`; removing a transfer must happen outside of callbacks too.
@Loop
final class CurlMulti {
    private let multi: UnsafeMutableRawPointer
    let pool: ConnectionPool
    private var sockets = SocketWatches { _, _ in }
    private var timer = Timer {}
    private var isTimeoutDue = false
    private var unpausing: [CurlEasy] = []
    private var kick = Deferred(.soon) {}
    /// Running transfers, unordered. Each knows its index.
    private(set) var transfers: [CurlEasy] = []
    private var silence = Timer {}

    /// The most idle connections kept open, over all hosts.
    static let idleConnectionLimit = 256
    /// A connection ends if the peer acknowledges neither data nor keep-alive probes for this long (`TCP_USER_TIMEOUT`,
    /// tcp(7)).
    static let unacknowledgedMilliseconds: CUnsignedInt = 30_000
    /// How often running transfers are checked for dead connections.
    static let silenceInterval = Duration.seconds(5)

    /// - Throws: `TransportError.Kind.internal` if memory has run out.
    init(_ settings: TransportSettings) throws(TransportError) {
        // Not thread-safe before 7.84; at startup no other thread uses libcurl. Repeated calls are harmless.
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let multi = curl_multi_init() else {
            throw TransportError(.internal, .queued, "libcurl cannot be initialised")
        }
        self.multi = multi
        pool = ConnectionPool(longestIdle: settings.longestIdle)
        ccurl_multi_setopt_long(multi, CURLMOPT_MAXCONNECTS, Self.idleConnectionLimit)
        ccurl_multi_setopt_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
        let user = Unmanaged.passUnretained(self).toOpaque()
        ccurl_multi_setopt_pointer(multi, CURLMOPT_SOCKETDATA, user)
        ccurl_multi_setopt_socket_function(multi) { _, socket, what, user, _ in
            CurlMulti.from(user) { $0.watch(socket, what) }
            return 0
        }
        ccurl_multi_setopt_pointer(multi, CURLMOPT_TIMERDATA, user)
        ccurl_multi_setopt_timer_function(multi) { _, milliseconds, user in
            CurlMulti.from(user) { $0.setTimeout(milliseconds) }
            return 0
        }
        sockets = SocketWatches { [unowned self] socket, events in
            var ready: CInt = 0
            if events.contains(.input) { ready |= CURL_CSELECT_IN }
            if events.contains(.output) { ready |= CURL_CSELECT_OUT }
            if events.contains(.hangUp) || events.contains(.error) { ready |= CURL_CSELECT_ERR | CURL_CSELECT_IN }
            act(on: socket, ready)
        }
        // The loop may still hold a scheduled kick after the transport is gone.
        kick = Deferred(.soon) { [weak self] in self?.runKick() }
        timer.onFire = { [unowned self] in act(on: CURL_SOCKET_TIMEOUT, 0) }
        silence.onFire = { [unowned self] in
            retireSilent()
            watchSilence()
        }
        pool.isInUse = { [unowned self] in isInUse($0, $1) }
    }

    isolated deinit {
        timer.cancel()
        silence.cancel()
        curl_multi_cleanup(multi)
    }

    /// Starts the transfer that `easy` is prepared for; retains it until `remove(_:)`.
    func add(_ easy: CurlEasy) {
        easy.place = transfers.count
        transfers.append(easy)
        watchSilence()
        let code = curl_multi_add_handle(multi, easy.handle)
        if code != CURLM_OK { easy.finished(CURLE_FAILED_INIT) }
    }

    /// Removes a transfer, finished or not. The connection of an unfinished HTTP/1.1 transfer is closed at once. Not to
    /// be called from libcurl's callbacks.
    func remove(_ easy: CurlEasy) {
        curl_multi_remove_handle(multi, easy.handle)
        unpausing.removeAll { $0 === easy }
        guard let place = easy.place, let last = transfers.popLast() else { return }
        easy.place = nil
        if last !== easy {
            last.place = place
            transfers[place] = last
        }
    }

    /// Resumes a paused transfer at the next kick.
    func unpause(_ easy: CurlEasy) {
        unpausing.append(easy)
        kick.schedule()
    }

    /// True if a transfer uses `descriptor`: libcurl waits for it, or a paused transfer owns it.
    private func isInUse(_ descriptor: CInt, _ host: ConnectionPool.Host) -> Bool {
        if sockets.contains(descriptor) { return true }
        let port = Int(ccurl_local_port(descriptor))
        return transfers.contains { port == 0 ? $0.host === host : $0.localPort == port }
    }

    private func watchSilence() {
        if !silence.isArmed, !transfers.isEmpty { silence.arm(after: Self.silenceInterval) }
    }

    // MARK: - From libcurl's callbacks

    private func watch(_ socket: curl_socket_t, _ what: CInt) {
        if what != CURL_POLL_REMOVE, !sockets.contains(socket) { pool.taken(socket) }
        switch what {
        case CURL_POLL_IN: sockets.set(socket, .input)
        case CURL_POLL_OUT: sockets.set(socket, .output)
        case CURL_POLL_INOUT: sockets.set(socket, [.input, .output])
        default:  // CURL_POLL_REMOVE
            // Already closed: libcurl 7.88 abandons a connection attempt without calling the close callback.
            switch sockets.remove(socket) {
            case .open: pool.rested(socket)
            case .closed: pool.closed(socket)
            case .unknown: break
            }
        }
    }

    /// Opens a socket for a connection to `host`. It is closed on exec, which not every version of libcurl ensures.
    func open(_ address: curl_sockaddr, to host: ConnectionPool.Host, generation: Int) -> curl_socket_t {
        let type = address.socktype | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = ccurl_socket(address.family, type, address.protocol)
        guard descriptor >= 0 else { return CURL_SOCKET_BAD }
        if address.family == AF_INET || address.family == AF_INET6 {
            ccurl_set_user_timeout(descriptor, Self.unacknowledgedMilliseconds)
        }
        sockets.opened(descriptor)
        pool.opened(descriptor, to: host, generation: generation)
        return descriptor
    }

    private func setTimeout(_ milliseconds: CLong) {
        isTimeoutDue = milliseconds == 0
        if milliseconds > 0 {
            timer.arm(after: .milliseconds(milliseconds))
        } else {
            timer.cancel()
            if milliseconds == 0 { kick.schedule() }
        }
    }

    // MARK: - Into libcurl

    private func act(on socket: curl_socket_t, _ ready: CInt) {
        var running: CInt = 0
        curl_multi_socket_action(multi, socket, ready, &running)
        var remaining: CInt = 0
        while let message = curl_multi_info_read(multi, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = CurlEasy.of(message.pointee.easy_handle) else {
                continue
            }
            easy.finished(message.pointee.data.result)
        }
    }

    private func runKick() {
        while let easy = unpausing.popLast() {
            // May call the write callback with the withheld bytes before it returns.
            curl_easy_pause(easy.handle, CURLPAUSE_CONT)
        }
        if isTimeoutDue {
            isTimeoutDue = false
            act(on: CURL_SOCKET_TIMEOUT, 0)
        }
    }

    private nonisolated static func from(_ user: UnsafeMutableRawPointer?, _ body: @Loop (CurlMulti) -> Void) {
        guard let user else { return }
        let multi = Unmanaged<CurlMulti>.fromOpaque(user).takeUnretainedValue()
        Loop.assumeIsolated { body(multi) }
    }
}
