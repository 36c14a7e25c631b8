internal import CCurl
internal import Glibc
internal import UltraAPI

/// libcurl's easy handle: one transfer at a time, used again for the next.
@Loop
final class CurlEasy {
    let handle: UnsafeMutableRawPointer
    /// Who receives what the transfer brings. It owns this handle while it is set, and clears it when it goes.
    unowned(unsafe) var exchange: Exchange?
    let errorBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headers: UnsafeMutablePointer<curl_slist>?
    /// Where it is in the list of transfers; nil: no transfer is under way.
    var place: Int?
    private let multi: CurlMulti
    private var pool: ConnectionPool { multi.pool }
    /// What the handle is set to. Requests of one model differ in their bodies alone, so most of it stays.
    private var destination: Destination?
    /// The parts of its URL; nil where libcurl is given the text.
    private var url: OpaquePointer?
    private var headerFields: [HTTPHeader] = []
    /// Where the present request goes.
    private(set) var host: ConnectionPool.Host?
    /// Of the host, when the present request began.
    private(set) var generation = 0
    /// Its connection was retired for the silence of this transfer.
    var isDoubted = false
    /// The last failure was of a stream, not of its connection.
    var hasLostStreamAlone = false
    /// The proxy of the present request, as it is configured; nil: none.
    private(set) var proxy: String?
    private var isFresh = false
    /// What is sent. libcurl reads it where it is, without a copy of its own.
    private var body: SentBody?

    /// Bytes that do not move.
    private final class SentBody: Sendable {
        let bytes: [UInt8]
        init(_ bytes: [UInt8]) { self.bytes = bytes }
    }

    /// A shorter body is kept until the transfer ends.
    private static let longBodyBytes = 16 << 10

    /// TCP keep-alive probes on a silent connection: what HTTP/2 has PING for, which libcurl 7.88 sends for no transfer
    /// of a multi handle.
    private static let (probeAfterSeconds, probeIntervalSeconds) = (15, 5)

    private struct Destination: Equatable {
        let url: String
        let unixSocketPath: String?
    }

    /// For transfers of `multi`. nil where memory has run out.
    init?(_ settings: TransportSettings, _ multi: CurlMulti) {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = handle
        self.multi = multi
        let user = Unmanaged.passUnretained(self).toOpaque()
        errorBuffer.pointee = 0
        set(CURLOPT_PRIVATE, user)
        set(CURLOPT_ERRORBUFFER, errorBuffer)
        set(CURLOPT_NOSIGNAL, 1)
        // A transfer cancelled while its name resolves must not wait for the resolver's thread.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_KEEPIDLE, Self.probeAfterSeconds)
        set(CURLOPT_TCP_KEEPINTVL, Self.probeIntervalSeconds)
        // All codings that libcurl knows are decoded; a field of ours takes the place of the one that asks for them.
        set(CURLOPT_ACCEPT_ENCODING, "")
        if let file = settings.certificateFile { set(CURLOPT_CAINFO, file) }
        set(CURLOPT_WRITEDATA, user)
        ccurl_setopt_data_function(handle, CURLOPT_WRITEFUNCTION, Self.receiveBody)
        set(CURLOPT_HEADERDATA, user)
        ccurl_setopt_data_function(handle, CURLOPT_HEADERFUNCTION, Self.receiveHeader)
        set(CURLOPT_OPENSOCKETDATA, user)
        ccurl_setopt_open_socket_function(handle, Self.openSocket)
        // A connection outlives the handle that opened it, the pool does not.
        set(CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(multi.pool).toOpaque())
        ccurl_setopt_close_socket_function(handle, Self.closeSocket)
    }

    // libcurl's callbacks. Written inside `init` they would be closures of the loop, whose isolation the runtime checks
    // at every call.

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

    /// Sets what differs from one request to the next.
    /// - Parameter wantsFresh: a connection of its own making.
    func prepare(
        _ request: HTTPRequest, connectTimeout: Duration, isFresh wantsFresh: Bool, _ settings: TransportSettings
    ) {
        errorBuffer.pointee = 0
        isDoubted = false
        hasLostStreamAlone = false
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
        // One TLS connection serves many requests at once where HTTP/2 is offered: wait for it, do not open more.
        set(CURLOPT_PIPEWAIT, isSecure ? 1 : 0)
        if let path = destination.unixSocketPath {
            set(CURLOPT_UNIX_SOCKET_PATH, path)
        } else {
            ccurl_setopt_pointer(handle, CURLOPT_UNIX_SOCKET_PATH, nil)
        }
        proxy = destination.unixSocketPath == nil ? settings.proxy(for: origin) : nil
        set(CURLOPT_PROXY, proxy ?? "")
        // A tunnel's request has none of the fields; some proxies refuse whoever does not say what it is.
        if proxy != nil { set(CURLOPT_USERAGENT, settings.userAgent) }
        // Decided above. Without it, libcurl asks the environment.
        set(CURLOPT_NOPROXY, "")
    }

    /// Of a host's generation, three bits tell connections apart: libcurl shares one only among transfers whose options
    /// of TLS are the same, and three of these mean something to Windows alone.
    private func adopt(_ generation: Int) {
        self.generation = generation
        let bits = [CURLSSLOPT_NO_REVOKE, CURLSSLOPT_REVOKE_BEST_EFFORT, CURLSSLOPT_AUTO_CLIENT_CERT]
        let options = bits.enumerated().reduce(0) { $0 | (generation >> $1.offset & 1 == 1 ? Int($1.element) : 0) }
        set(CURLOPT_SSL_OPTIONS, options)
    }

    /// Hands the URL over in parts where it can: its text is parsed, and put together again, for every transfer.
    private func setURL(_ text: String) {
        let old = url
        url = nil
        // A copy of the parts lacks the zone of an address in brackets (7.88). What is no URL is for libcurl to say.
        if !text.utf8.contains(UInt8(ascii: "[")), let parts = curl_url() {
            // The flags libcurl itself parses with.
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
        // Among the fields, not as an option: that is formatted twice for every transfer.
        var list = curl_slist_append(nil, "User-Agent: \(userAgent)")
        for field in fields { list = curl_slist_append(list, "\(field.name): \(field.value)") }
        // Whoever compresses all the same is understood, but a stream would come in lumps.
        list = curl_slist_append(list, "Accept-Encoding: identity")
        // libcurl would wait a second for "100 Continue" before a large body.
        list = curl_slist_append(list, "Expect:")
        set(CURLOPT_HTTPHEADER, UnsafeMutableRawPointer(list))
        curl_slist_free_all(headers)
        headers = list
    }

    static func of(_ handle: UnsafeMutableRawPointer?) -> CurlEasy? {
        var user: UnsafeMutableRawPointer?
        guard let handle, ccurl_getinfo_pointer(handle, CURLINFO_PRIVATE, &user) == CURLE_OK, let user else {
            return nil
        }
        return Unmanaged<CurlEasy>.fromOpaque(user).takeUnretainedValue()
    }

    // MARK: - Outcome

    /// Gives a long body up once all of it was sent and the reply has begun: after that libcurl sends nothing again (it
    /// repeats a request by itself only on a reused connection that brought no byte; Curl_retry_request). True: it did.
    func releaseBody() -> Bool {
        guard let body, body.bytes.count >= Self.longBodyBytes else { return false }
        var sent: curl_off_t = 0
        ccurl_getinfo_offset(handle, CURLINFO_SIZE_UPLOAD_T, &sent)
        guard sent >= body.bytes.count else { return false }
        self.body = nil
        return true
    }

    /// libcurl has no part in the transfer any more.
    func dropBody() {
        body = nil
    }

    /// The transfer is over, however: counts it.
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

    /// How far the transfer came.
    var phase: TransportError.Phase {
        if exchange?.hasReplyBegun == true { return .body }
        if time(CURLINFO_PRETRANSFER_TIME_T) > 0 { return .waiting }
        if time(CURLINFO_CONNECT_TIME_T) > 0 { return .tls }
        return time(CURLINFO_NAMELOOKUP_TIME_T) > 0 ? .connecting : .resolving
    }

    /// The port of this machine that its connection has; 0: none yet, or no IP connection.
    var localPort: Int {
        var port = 0
        ccurl_getinfo_long(handle, CURLINFO_LOCAL_PORT, &port)
        return port
    }

    /// Bytes of the reply's body as they came over the wire.
    var wireByteCount: Int { Int(clamping: time(CURLINFO_SIZE_DOWNLOAD_T)) }

    /// A figure of libcurl's own; times are in microseconds.
    func time(_ info: CURLINFO) -> curl_off_t {
        var microseconds: curl_off_t = 0
        ccurl_getinfo_offset(handle, info, &microseconds)
        return microseconds
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
        // Used before this call returns, on this very thread.
        nonisolated(unsafe) let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
        guard let exchange = Loop.assumeIsolated(with: easy, { $0.exchange }) else { return 0 }
        return Loop.assumeIsolated(with: (exchange, bytes), body)
    }
}
