internal import CCurl
internal import CSystemd
internal import Glibc

/// libcurl's multi handle in its `multi_socket` form: one for the life of the daemon, with the connection pool,
/// the TLS sessions and the DNS cache in it.
///
/// libcurl refuses re-entry: its callbacks append bytes, change watches and set flags. Everything that calls back
/// into it (timeouts, unpausing, removing) waits for the next kick.
@Loop
final class CurlMulti {
    private let multi: UnsafeMutableRawPointer
    let pool: ConnectionPool
    private var sockets = SocketWatches { _, _ in }
    private var timer = Timer {}
    private var isTimeoutDue = false
    private var unpausing: [CurlEasy] = []
    private var kick = Deferred(.soon) {}

    /// Idle connections kept warm over all hosts.
    static let idleConnectionLimit = 256

    /// Throws only where memory has run out.
    init(_ settings: TransportSettings) throws(TransportError) {
        // Not thread-safe before 7.84 and idempotent since; the loop's thread is alone at this point.
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let multi = curl_multi_init() else {
            throw TransportError(.internal, .queued, "libcurl does not start")
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
        // The loop may still hold a kick when its transport goes.
        kick = Deferred(.soon) { [weak self] in self?.runKick() }
        timer.onFire = { [unowned self] in act(on: CURL_SOCKET_TIMEOUT, 0) }
    }

    isolated deinit {
        timer.cancel()
        curl_multi_cleanup(multi)
    }

    /// Starts the transfer `easy` was prepared for. libcurl owns a reference until `remove`.
    func add(_ easy: CurlEasy) {
        easy.retainForCurl()
        let code = curl_multi_add_handle(multi, easy.handle)
        if code != CURLM_OK {
            easy.releaseFromCurl()
            easy.finished(CURLE_FAILED_INIT)
        }
    }

    /// Takes a transfer out, finished or not; an unfinished HTTP/1.1 one has its connection closed at once.
    func remove(_ easy: CurlEasy) {
        curl_multi_remove_handle(multi, easy.handle)
        unpausing.removeAll { $0 === easy }
        easy.releaseFromCurl()
    }

    /// Lets a transfer that refused bytes receive again.
    func unpause(_ easy: CurlEasy) {
        unpausing.append(easy)
        kick.schedule()
    }

    // MARK: - From libcurl's callbacks

    private func watch(_ socket: curl_socket_t, _ what: CInt) {
        if what != CURL_POLL_REMOVE { pool.taken(socket) }
        switch what {
        case CURL_POLL_IN: sockets.set(socket, .input)
        case CURL_POLL_OUT: sockets.set(socket, .output)
        case CURL_POLL_INOUT: sockets.set(socket, [.input, .output])
        default:  // CURL_POLL_REMOVE
            // Closed before, which is how libcurl 7.88 ends an attempt to connect: nothing else tells.
            if sockets.remove(socket) == .closed { pool.closed(socket) }
        }
    }

    /// Makes a socket for a connection to `host`; closed on exec, which libcurl's own are not in every version.
    func open(_ address: curl_sockaddr, to host: ConnectionPool.Host) -> curl_socket_t {
        let type = address.socktype | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = ccurl_socket(address.family, type, address.protocol)
        guard descriptor >= 0 else { return CURL_SOCKET_BAD }
        sockets.opened(descriptor)
        pool.opened(descriptor, to: host)
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
            // May deliver what was kept back, from within this call.
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
