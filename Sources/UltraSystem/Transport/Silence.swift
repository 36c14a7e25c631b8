internal import CCurl

/// Decides when silence makes a connection suspect. Pure; times are milliseconds.
///
/// A dead connection (dropped by a NAT, a pulled cable, a hung server) looks like one whose server is thinking. Opening
/// another connection for the next request costs little, and running transfers keep theirs until their own timers end
/// them.
enum Silence {
    /// A connection gets no new request after a request on it has waited this long without receiving a byte.
    static let limit = 10_000

    /// True if silence explains a failure that came `elapsed` after the transfer's start and `silent` after its last
    /// byte.
    static func explains(silent: Int, elapsed: Int) -> Bool {
        silent >= min(limit, elapsed / 2)
    }
}

extension CurlMulti {
    /// Retires connections on which a request has waited too long and no other data has arrived.
    ///
    /// A slow HTTP/1.1 reply occupies only its own connection, so the host's connections are retired only if TCP is
    /// retransmitting without an acknowledgement.
    func retireSilent() {
        let now = EventLoop.now
        for easy in transfers where !easy.hasRetiredItsConnection {
            guard let host = easy.host, easy.generation == host.generation, easy.phase >= .waiting,
                let exchange = easy.exchange, exchange.silentMilliseconds(at: now) >= Silence.limit
            else { continue }
            let state = connection(of: easy)
            if host.isMultiplexed {
                // Frames that libcurl handles itself, such as PING, are signs of life too.
                guard state.map({ Int($0.silent_milliseconds) >= Silence.limit }) ?? true else { continue }
            } else {
                guard state?.is_retransmitting == 1 else { continue }
            }
            easy.hasRetiredItsConnection = true
            pool.retire(host)
        }
    }

    /// The host whose connections are suspect after a transfer's failure; nil if none are. Call it before the transfer
    /// is removed.
    func suspect(_ easy: CurlEasy, after error: TransportError, silent: Int, elapsed: Int) -> ConnectionPool.Host? {
        guard error.phase >= .waiting, let host = easy.host, easy.generation == host.generation else { return nil }
        switch error.kind {
        case .connectionLost:
            // A reset HTTP/2 stream says nothing about its connection.
            return easy.hasOnlyStreamFailed ? nil : host
        case .timeout:
            guard Silence.explains(silent: silent, elapsed: elapsed) else { return nil }
            if host.isMultiplexed, let state = connection(of: easy), Int(state.silent_milliseconds) < silent / 2 {
                return nil
            }
            return host
        case .resolve, .refused, .unreachable, .proxy, .tls, .certificateExpired,
            .certificateUntrusted, .certificateWrongHost, .protocolViolation, .tooLarge, .cancelled, .internal:
            return nil
        }
    }

    /// The kernel's state of the connection that `easy` uses; nil if it is not TCP or cannot be identified.
    private func connection(of easy: CurlEasy) -> ccurl_tcp_state? {
        let port = CInt(truncatingIfNeeded: easy.localPort)
        guard port > 0, let descriptor = easy.host?.descriptors.first(where: { ccurl_local_port($0) == port }) else {
            return nil
        }
        var state = ccurl_tcp_state()
        return ccurl_tcp_state(descriptor, &state) == 0 ? state : nil
    }
}
