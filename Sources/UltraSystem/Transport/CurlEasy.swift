internal import CCurl
internal import Glibc
internal import UltraAPI

/// A libcurl easy handle: runs one transfer at a time and is reused for the next.
@Loop
final class CurlEasy {
    let handle: UnsafeMutableRawPointer
    /// The receiver of the transfer's data. The exchange retains this handle while it is set, and clears it on deinit.
    unowned(unsafe) var exchange: Exchange?
    let errorBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headers: UnsafeMutablePointer<curl_slist>?
    /// Its index in `CurlMulti.transfers`; nil if no transfer is running.
    var place: Int?
    private let multi: CurlMulti
    private var pool: ConnectionPool { multi.pool }
    /// The destination set on the handle. Requests to one model usually differ only in their bodies, so most options
    /// stay.
    private var destination: Destination?
    /// The parsed URL; nil if libcurl is given the text.
    private var url: OpaquePointer?
    private var headerFields: [HTTPHeader] = []
    /// The pool's record of the current request's host.
    private(set) var host: ConnectionPool.Host?
    /// The host's generation when the current request began.
    private(set) var generation = 0
    /// True once its connection was retired because this transfer heard nothing.
    var hasRetiredItsConnection = false
    /// True if the last failure was of an HTTP/2 stream, not of its connection.
    var hasOnlyStreamFailed = false
    /// The current request's proxy URL as configured, credentials included; nil if none.
    private(set) var proxy: String?
    private var isFresh = false
    /// The request body. libcurl reads it in place and makes no copy.
    private var body: SentBody?

    /// Keeps the bytes at a fixed address.
    private final class SentBody: Sendable {
        let bytes: [UInt8]
        init(_ bytes: [UInt8]) { self.bytes = bytes }
    }

    /// Shorter bodies are kept until the transfer ends.
    private static let longBodyBytes = 16 << 10

    /// TCP keep-alive probes on a silent connection. HTTP/2 has PING for this, but libcurl 7.88 does not send it for
    /// transfers of a multi handle.
    private static let (probeAfterSeconds, probeIntervalSeconds) = (15, 5)

    private struct Destination: Equatable {
        let url: String
        let unixSocketPath: String?
    }

    /// Creates a handle for transfers of `multi`; nil if memory has run out.
    init?(_ settings: TransportSettings, _ multi: CurlMulti) {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = handle
        self.multi = multi
        let user = Unmanaged.passUnretained(self).toOpaque()
        errorBuffer.pointee = 0
        set(CURLOPT_PRIVATE, user)
        set(CURLOPT_ERRORBUFFER, errorBuffer)
        set(CURLOPT_NOSIGNAL, 1)
        // Cancelling during name resolution must not wait for the resolver's thread.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_KEEPIDLE, Self.probeAfterSeconds)
        set(CURLOPT_TCP_KEEPINTVL, Self.probeIntervalSeconds)
        // Enables decoding of every coding libcurl knows. The request's own Accept-Encoding field replaces the one this
        // option adds.
        set(CURLOPT_ACCEPT_ENCODING, "")
        if let file = settings.certificateFile { set(CURLOPT_CAINFO, file) }
        set(CURLOPT_WRITEDATA, user)
        ccurl_setopt_data_function(handle, CURLOPT_WRITEFUNCTION, Self.receiveBody)
        set(CURLOPT_HEADERDATA, user)
        ccurl_setopt_data_function(handle, CURLOPT_HEADERFUNCTION, Self.receiveHeader)
        set(CURLOPT_OPENSOCKETDATA, user)
        ccurl_setopt_open_socket_function(handle, Self.openSocket)
        // A connection may outlive the handle that opened it, but not the pool.
        set(CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(multi.pool).toOpaque())
        ccurl_setopt_close_socket_function(handle, Self.closeSocket)
    }

    // libcurl's callbacks are static functions: closures inside `init` would be isolated to the loop, and the runtime
    // would check that at every call.

    private typealias Receive =
        @Sendable @convention(c) (
            UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?
        ) -> Int

    private nonisolated static let receiveBody: Receive = { bytes, size, count, user in
        CurlEasy.receive(bytes, size &* count, user) { exchange, bytes in
            switch exchange.receiveBody(bytes) {
            case .taken: bytes.count
            case .paused: Int(CURL_WRITEFUNC_PAUSE)
            case .refused: 0
            }
        }
    }

    private nonisolated static let receiveHeader: Receive = { bytes, size, count, user in
        CurlEasy.receive(bytes, size &* count, user) { exchange, bytes in
            exchange.receiveHeader(bytes) ? bytes.count : 0
        }
    }

    private nonisolated static let openSocket: curl_opensocket_callback = { user, _, address in
        guard let user, let address = address?.pointee else { return CURL_SOCKET_BAD }
        let easy = Unmanaged<CurlEasy>.fromOpaque(user).takeUnretainedValue()
        return Loop.assumeIsolated {
            guard let host = easy.host else { return CURL_SOCKET_BAD }
            return easy.multi.open(address, to: host, generation: easy.generation)
        }
    }

    private nonisolated static let closeSocket: curl_closesocket_callback = { user, descriptor in
        if let user {
            let pool = Unmanaged<ConnectionPool>.fromOpaque(user).takeUnretainedValue()
            Loop.assumeIsolated { pool.closed(descriptor) }
        }
        return close(descriptor)
    }

    isolated deinit {
        curl_easy_cleanup(handle)
        curl_url_cleanup(url)
        curl_slist_free_all(headers)
        errorBuffer.deallocate()
    }

    /// Sets the options that differ from the previous request.
    /// - Parameter wantsFresh: Use a new connection.
    func prepare(
        _ request: HTTPRequest, connectTimeout: Duration, isFresh wantsFresh: Bool, _ settings: TransportSettings
    ) {
        errorBuffer.pointee = 0
        hasRetiredItsConnection = false
        hasOnlyStreamFailed = false
        let destination = Destination(url: request.url, unixSocketPath: request.unixSocketPath)
        if destination != self.destination { direct(to: destination, request.origin, settings) }
        if let host {
            pool.began(host)
            set(CURLOPT_MAXAGE_CONN, pool.maxAgeSeconds(host))
            if generation != host.generation { adopt(host.generation) }
        }
        if wantsFresh != isFresh {
            isFresh = wantsFresh
            set(CURLOPT_FRESH_CONNECT, wantsFresh ? 1 : 0)
        }
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(connectTimeout.milliseconds)))
        switch request.method {
        case .get:
            set(CURLOPT_HTTPGET, 1)
        case .head:
            set(CURLOPT_NOBODY, 1)
        case .post:
            set(CURLOPT_POST, 1)
            set(CURLOPT_POSTFIELDSIZE, request.body.count)
            let body = SentBody(request.body)
            self.body = body
            body.bytes.withUnsafeBytes { bytes in
                _ = ccurl_setopt_pointer(handle, CURLOPT_POSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(handle))
            }
        }
        if headers == nil || request.headers != headerFields { setHeaders(request.headers, settings.userAgent) }
    }

    private func direct(to destination: Destination, _ origin: String, _ settings: TransportSettings) {
        self.destination = destination
        host = pool.host(origin)
        setURL(destination.url)
        let isSecure = destination.url.hasPrefix("https:")
        // With HTTP/2 one TLS connection carries many requests: wait for a pending connection to learn if it can,
        // instead of opening more.
        set(CURLOPT_PIPEWAIT, isSecure ? 1 : 0)
        if let path = destination.unixSocketPath {
            set(CURLOPT_UNIX_SOCKET_PATH, path)
        } else {
            ccurl_setopt_pointer(handle, CURLOPT_UNIX_SOCKET_PATH, nil)
        }
        proxy = destination.unixSocketPath == nil ? settings.proxy(for: origin) : nil
        set(CURLOPT_PROXY, proxy ?? "")
        // The CONNECT request carries none of the request's own fields, and some proxies reject one without User-Agent.
        if proxy != nil { set(CURLOPT_USERAGENT, settings.userAgent) }
        // `settings` has already decided; without this option libcurl would consult the environment.
        set(CURLOPT_NOPROXY, "")
    }

    /// Separates connections by generation. libcurl shares a connection only among transfers with equal TLS options;
    /// three of these options have no effect outside Windows, so they encode three bits of the generation.
    private func adopt(_ generation: Int) {
        self.generation = generation
        let bits = [CURLSSLOPT_NO_REVOKE, CURLSSLOPT_REVOKE_BEST_EFFORT, CURLSSLOPT_AUTO_CLIENT_CERT]
        let options = bits.enumerated().reduce(0) { $0 | (generation >> $1.offset & 1 == 1 ? Int($1.element) : 0) }
        set(CURLOPT_SSL_OPTIONS, options)
    }

    /// Hands the URL over parsed if possible: libcurl would otherwise parse and reassemble the text for every transfer.
    private func setURL(_ text: String) {
        let old = url
        url = nil
        // libcurl 7.88 loses the zone of a bracketed address when it copies a parsed URL. An invalid URL is passed on
        // as text, for libcurl to report.
        if !text.utf8.contains(UInt8(ascii: "[")), let parts = curl_url() {
            // The flags libcurl itself uses.
            let flags = CUnsignedInt(CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME)
            if curl_url_set(parts, CURLUPART_URL, text, flags) == CURLUE_OK {
                url = parts
            } else {
                curl_url_cleanup(parts)
            }
        }
        set(CURLOPT_CURLU, url.map { UnsafeMutableRawPointer($0) })
        if url == nil { set(CURLOPT_URL, text) }
        curl_url_cleanup(old)
    }

    private func setHeaders(_ fields: [HTTPHeader], _ userAgent: String) {
        headerFields = fields
        // As a field, because libcurl would format the option twice for every transfer.
        var list = curl_slist_append(nil, "User-Agent: \(userAgent)")
        for field in fields { list = curl_slist_append(list, "\(field.name): \(field.value)") }
        // Compressed streams would arrive in lumps. A host that compresses anyway is still understood.
        list = curl_slist_append(list, "Accept-Encoding: identity")
        // Otherwise libcurl waits a second for "100 Continue" before it sends a large body.
        list = curl_slist_append(list, "Expect:")
        set(CURLOPT_HTTPHEADER, UnsafeMutableRawPointer(list))
        curl_slist_free_all(headers)
        headers = list
    }

    /// The object behind a raw easy handle; nil if it is none of ours.
    static func of(_ handle: UnsafeMutableRawPointer?) -> CurlEasy? {
        var user: UnsafeMutableRawPointer?
        guard let handle, ccurl_getinfo_pointer(handle, CURLINFO_PRIVATE, &user) == CURLE_OK, let user else {
            return nil
        }
        return Unmanaged<CurlEasy>.fromOpaque(user).takeUnretainedValue()
    }

    // MARK: - Outcome

    /// Releases a long body once it was sent in full and the reply has begun. libcurl does not need it again: it
    /// repeats a request on its own only on a reused connection that delivered no byte (`Curl_retry_request`).
    /// - Returns: true if the body was released by this call.
    func releaseBody() -> Bool {
        guard let body, body.bytes.count >= Self.longBodyBytes else { return false }
        var sent: curl_off_t = 0
        ccurl_getinfo_offset(handle, CURLINFO_SIZE_UPLOAD_T, &sent)
        guard sent >= body.bytes.count else { return false }
        self.body = nil
        return true
    }

    /// Releases the body. Call it only after the transfer was removed from libcurl.
    func dropBody() {
        body = nil
    }

    /// Records the end of the transfer in the pool, whatever its outcome.
    func ended() {
        guard let host else { return }
        var connections = 0
        var version = 0
        ccurl_getinfo_long(handle, CURLINFO_NUM_CONNECTS, &connections)
        ccurl_getinfo_long(handle, CURLINFO_HTTP_VERSION, &version)
        let hasAnswered = exchange?.hasReplyBegun == true
        let name = version == Int(CURL_HTTP_VERSION_2_0) ? ConnectionPool.multiplexed : "http/1.1"
        pool.ended(
            host, connections: hasAnswered ? connections : nil, version: hasAnswered ? name : nil,
            keepAlive: exchange?.keepAliveSeconds)
    }

    func finished(_ code: CURLcode) {
        exchange?.finished(code == CURLE_OK ? nil : failure(code))
    }

    /// How far the transfer has come.
    var phase: TransportError.Phase {
        if exchange?.hasReplyBegun == true { return .body }
        if time(CURLINFO_PRETRANSFER_TIME_T) > 0 { return .waiting }
        if time(CURLINFO_CONNECT_TIME_T) > 0 { return .tls }
        return time(CURLINFO_NAMELOOKUP_TIME_T) > 0 ? .connecting : .resolving
    }

    /// The local port of its connection; 0 if it has none yet, or is not an IP connection.
    var localPort: Int {
        var port = 0
        ccurl_getinfo_long(handle, CURLINFO_LOCAL_PORT, &port)
        return port
    }

    /// Size of the reply's body on the wire, before decoding.
    var wireByteCount: Int { Int(clamping: time(CURLINFO_SIZE_DOWNLOAD_T)) }

    /// A value of curl_easy_getinfo(3); times are in microseconds.
    func time(_ info: CURLINFO) -> curl_off_t {
        var value: curl_off_t = 0
        ccurl_getinfo_offset(handle, info, &value)
        return value
    }

    // MARK: - Options

    private func set(_ option: CURLoption, _ value: Int) { _ = ccurl_setopt_long(handle, option, value) }
    private func set(_ option: CURLoption, _ value: String) { _ = ccurl_setopt_string(handle, option, value) }
    private func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
        _ = ccurl_setopt_pointer(handle, option, value)
    }

    @inline(__always)
    private nonisolated static func receive(
        _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ user: UnsafeMutableRawPointer?,
        _ body: @escaping @Loop ((Exchange, UnsafeRawBufferPointer)) -> Int
    ) -> Int {
        guard let user else { return 0 }
        let easy = Unmanaged<CurlEasy>.fromOpaque(user).takeUnretainedValue()
        // Used only during this call, on this thread.
        nonisolated(unsafe) let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
        guard let exchange = Loop.assumeIsolated(with: easy, { $0.exchange }) else { return 0 }
        return Loop.assumeIsolated(with: (exchange, bytes), body)
    }
}
