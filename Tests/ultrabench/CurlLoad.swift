import CCurl
import CLinux
import Glibc

/// Keeps K requests in flight over HTTP with libcurl, like a program without a daemon: `curl_multi_socket_action` over
/// an epoll, with kept-alive connections.
final class CurlLoad {
    private static let body =
        #"{"model":"gpt-4o","messages":[{"role":"user","content":"In one sentence: why is the sky blue at noon and red in the evening?"}]"#

    private let multi: UnsafeMutableRawPointer
    private let headers: UnsafeMutablePointer<curl_slist>?
    private let epollFD: CInt
    private var events = [epoll_event](repeating: epoll_event(), count: 256)
    private let slots: [CurlSlot]
    /// The time at which curl wants to be called again; nil: only for its sockets.
    private var timerDeadline: UInt64?
    private var result = LoadResult()

    init(port: UInt16, scenario: Scenario) throws {
        guard let multi = curl_multi_init() else { throw BenchError("curl_multi_init") }
        self.multi = multi
        epollFD = epoll_create1(0)
        headers = curl_slist_append(nil, "Content-Type: application/json")
        let readsTimeStamps = scenario.shape == .spaced
        slots = try (0..<scenario.concurrency).map { _ in try CurlSlot(readsTimeStamps: readsTimeStamps) }
        let user = Unmanaged.passUnretained(self).toOpaque()
        ccurl_multi_setopt_long(multi, CURLMOPT_MAXCONNECTS, scenario.concurrency + 1)
        ccurl_multi_setopt_pointer(multi, CURLMOPT_SOCKETDATA, user)
        ccurl_multi_setopt_pointer(multi, CURLMOPT_TIMERDATA, user)
        ccurl_multi_setopt_socket_function(multi) { _, fd, what, user, known in
            guard let user else { return 0 }
            Unmanaged<CurlLoad>.fromOpaque(user).takeUnretainedValue().watch(fd, what, isKnown: known != nil)
            return 0
        }
        ccurl_multi_setopt_timer_function(multi) { _, milliseconds, user in
            guard let user else { return 0 }
            Unmanaged<CurlLoad>.fromOpaque(user).takeUnretainedValue().timerDeadline =
                milliseconds < 0 ? nil : nowNanoseconds() + UInt64(milliseconds) * 1_000_000
            return 0
        }
        let ending = scenario.shape == .unary ? "}" : #","stream":true,"stream_options":{"include_usage":true}}"#
        for slot in slots {
            slot.prepare(
                url: "http://127.0.0.1:\(port)/v1/chat/completions", headers: headers, body: Self.body + ending)
        }
    }

    deinit {
        for slot in slots { curl_multi_remove_handle(multi, slot.easy) }
        curl_multi_cleanup(multi)
        curl_slist_free_all(headers)
        close(epollFD)
    }

    /// Repeats each request as soon as its answer is complete, for the given time; then waits for those in flight.
    func run(seconds: Double) throws -> LoadResult {
        result = LoadResult()
        let start = nowNanoseconds()
        let stop = start + UInt64(seconds * 1e9)
        for slot in slots { try send(slot) }
        var inFlight = slots.count
        while inFlight > 0 {
            try turn()
            try forEachFinished { slot in
                let now = nowNanoseconds()
                slot.take(&result)
                result.requests += 1
                result.latencies.add(now - slot.sentAt)
                if now < stop { try send(slot) } else { inFlight -= 1 }
            }
        }
        result.seconds = Double(nowNanoseconds() - start) / 1e9
        return result
    }

    /// Starts every stream and returns when each has had its first event; they stay open as long as this object exists.
    func open() throws {
        for slot in slots { try send(slot) }
        while slots.contains(where: { $0.firstEventAt == 0 }) {
            try turn()
            try forEachFinished { _ in throw BenchError("a stream ended that should have stayed open") }
        }
    }

    private func send(_ slot: CurlSlot) throws {
        slot.firstEventAt = 0
        slot.sentAt = nowNanoseconds()
        guard curl_multi_add_handle(multi, slot.easy) == CURLM_OK else { throw BenchError("curl_multi_add_handle") }
    }

    // MARK: - curl's sockets and timer

    private func watch(_ fd: curl_socket_t, _ what: CInt, isKnown: Bool) {
        guard what != CURL_POLL_REMOVE else {
            // A descriptor that is closed already has left the set by itself.
            epoll_ctl(epollFD, EPOLL_CTL_DEL, fd, nil)
            return
        }
        var event = epoll_event()
        if what & CURL_POLL_IN != 0 { event.events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { event.events |= EPOLLOUT.rawValue }
        event.data.fd = fd
        epoll_ctl(epollFD, isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event)
        // Any value but NULL tells the next call that the descriptor is known.
        if !isKnown { curl_multi_assign(multi, fd, multi) }
    }

    private func turn() throws {
        var running: CInt = 0
        if let deadline = timerDeadline, deadline <= nowNanoseconds() {
            timerDeadline = nil
            curl_multi_socket_action(multi, CURL_SOCKET_BAD, 0, &running)
            return
        }
        let wait = timerDeadline.map { Int64($0) - Int64(nowNanoseconds()) } ?? 10_000_000_000
        let count = clinux_epoll_wait(epollFD, &events, CInt(events.count), max(0, wait))
        guard count > 0 || timerDeadline != nil || errno == EINTR else { throw BenchError("silent for ten seconds") }
        for event in events.prefix(Int(max(count, 0))) {
            var ready: CInt = 0
            if event.events & (EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
                ready |= CURL_CSELECT_IN
            }
            if event.events & EPOLLOUT.rawValue != 0 { ready |= CURL_CSELECT_OUT }
            curl_multi_socket_action(multi, event.data.fd, ready, &running)
        }
    }

    private func forEachFinished(_ body: (CurlSlot) throws -> Void) throws {
        var left: CInt = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            var status = 0
            ccurl_getinfo_long(easy, CURLINFO_RESPONSE_CODE, &status)
            curl_multi_remove_handle(multi, easy)
            guard code == CURLE_OK, status == 200 else {
                throw BenchError("curl: \(String(cString: curl_easy_strerror(code))), status \(status)")
            }
            var user: UnsafeMutableRawPointer?
            ccurl_getinfo_pointer(easy, CURLINFO_PRIVATE, &user)
            if let user { try body(Unmanaged<CurlSlot>.fromOpaque(user).takeUnretainedValue()) }
        }
    }
}
