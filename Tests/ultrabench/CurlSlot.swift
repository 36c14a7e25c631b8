import CCurl

/// One request at a time of a `CurlLoad`.
final class CurlSlot {
    let easy: UnsafeMutableRawPointer
    var sentAt: UInt64 = 0
    /// 0: no byte of the body has arrived.
    var firstEventAt: UInt64 = 0
    private let readsTimeStamps: Bool
    private var scanner = EventScanner()
    private var eventDelays: [UInt64] = []

    init(readsTimeStamps: Bool) throws {
        guard let easy = curl_easy_init() else { throw BenchError("curl_easy_init") }
        self.easy = easy
        self.readsTimeStamps = readsTimeStamps
    }

    deinit { curl_easy_cleanup(easy) }

    func prepare(url: String, headers: UnsafeMutablePointer<curl_slist>?, body: String) {
        let user = Unmanaged.passUnretained(self).toOpaque()
        ccurl_setopt_string(easy, CURLOPT_URL, url)
        ccurl_setopt_string(easy, CURLOPT_PROXY, "")
        ccurl_setopt_long(easy, CURLOPT_NOSIGNAL, 1)
        ccurl_setopt_long(easy, CURLOPT_POSTFIELDSIZE, body.utf8.count)
        ccurl_setopt_string(easy, CURLOPT_COPYPOSTFIELDS, body)
        ccurl_setopt_pointer(easy, CURLOPT_HTTPHEADER, headers)
        ccurl_setopt_pointer(easy, CURLOPT_PRIVATE, user)
        ccurl_setopt_pointer(easy, CURLOPT_WRITEDATA, user)
        ccurl_setopt_data_function(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, user in
            guard let bytes, let user else { return 0 }
            let slot = Unmanaged<CurlSlot>.fromOpaque(user).takeUnretainedValue()
            slot.receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
    }

    /// Moves the measurements of the last answer to `result`.
    func take(_ result: inout LoadResult) {
        if firstEventAt > 0 { result.firstEvents.add(firstEventAt - sentAt) }
        for delay in eventDelays { result.eventDelays.add(delay) }
        eventDelays.removeAll(keepingCapacity: true)
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        guard readsTimeStamps || firstEventAt == 0 else { return }
        let now = nowNanoseconds()
        if firstEventAt == 0 { firstEventAt = now }
        if readsTimeStamps { scanner.scan(bytes) { eventDelays.append(now - $0) } }
    }
}
