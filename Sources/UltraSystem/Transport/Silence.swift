internal import CCurl

/// Which silence makes a connection suspect. Pure; milliseconds.
///
/// A connection that died without a word (a NAT that forgot it, a cable that was pulled, a server that hangs) looks like
/// one whose server thinks. Nothing is lost by making another one for the next request, and nothing is taken from
/// transfers that wait: only their own timers end them.
enum Silence {
    /// A connection on which a request has waited so long for anything at all gets no new one.
    static let limit = 10_000

    /// Whether a transfer that failed `elapsed` after its start, and last heard of its peer `silent` ago, failed for the
    /// silence.
    static func explains(silent: Int, elapsed: Int) -> Bool {
        silent >= min(limit, elapsed / 2)
    }
}

extension CurlMulti {
    /// Retires connections on which a request has waited for long, and nothing has come for any other either.
    ///
    /// Of HTTP/1.1 a request has its connection to itself; those that rest are retired where this one shows that the
    /// network drops what is sent.
    func retireSilent() {
        let now = EventLoop.now
        for easy in transfers where !easy.isDoubted {
            guard let host = easy.host, easy.generation == host.generation, easy.phase >= .waiting,
                let exchange = easy.exchange, exchange.silentMilliseconds(at: now) >= Silence.limit
            else { continue }
            let state = connection(of: easy)
            if host.isMultiplexed {
                // What libcurl itself answers, such as a PING, is a sign of life as well.
                guard state.map({ Int($0.silent_milliseconds) >= Silence.limit }) ?? true else { continue }
            } else {
                guard state?.is_unheard == 1 else { continue }
            }
            easy.isDoubted = true
            pool.retire(host)
        }
    }

    /// The host whose connections are not to be trusted after a transfer's failure; nil: they are. To be asked before
    /// the transfer is removed.
    func suspect(_ easy: CurlEasy, after error: TransportError, silent: Int, elapsed: Int) -> ConnectionPool.Host? {
        guard error.phase >= .waiting, let host = easy.host, easy.generation == host.generation else { return nil }
        switch error.kind {
        case .connectionLost:
            // A stream that is reset says nothing of its connection.
            return easy.hasLostStreamAlone ? nil : host
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

    /// What the kernel knows of the connection that `easy` uses; nil: it is no TCP connection, or cannot be told.
    private func connection(of easy: CurlEasy) -> ccurl_tcp_state? {
        let port = CInt(truncatingIfNeeded: easy.localPort)
        guard port > 0, let descriptor = easy.host?.descriptors.first(where: { ccurl_local_port($0) == port }) else {
            return nil
        }
        var state = ccurl_tcp_state()
        return ccurl_tcp_state(descriptor, &state) == 0 ? state : nil
    }
}
