package import UltraAPI

/// All upstream HTTP traffic: one libcurl multi handle on the loop, and a stock of easy handles for reuse.
@Loop
package final class Transport {
    let multi: CurlMulti
    private let settings: TransportSettings
    private var spareHandles: [CurlEasy] = []
    private var network: NetworkWatch?

    /// The most easy handles kept for reuse; each takes a few kilobytes.
    static let spareHandleLimit = 64

    /// - Throws: `TransportError.Kind.internal` if libcurl does not start.
    package init(_ settings: TransportSettings) throws(TransportError) {
        self.settings = settings
        multi = try CurlMulti(settings)
        network = NetworkWatch { [pool = multi.pool] in pool.retireAll() }
    }

    /// Starts `request`. Every failure, invalid arguments included, is reported by the returned exchange.
    /// - Parameter isFresh: Use a new connection even if others are idle.
    package func start(_ request: HTTPRequest, _ timeouts: ExchangeTimeouts, isFresh: Bool = false) -> Exchange {
        guard let easy = spareHandles.popLast() ?? CurlEasy(settings, multi) else {
            return Exchange(failed: TransportError(.internal, .queued, "out of memory"))
        }
        easy.prepare(request, connectTimeout: timeouts.connect, isFresh: isFresh, settings)
        let exchange = Exchange(easy, self, timeouts)
        easy.exchange = exchange
        multi.add(easy)
        return exchange
    }

    /// Connection figures, sorted by host.
    package var pool: [PoolHost] { multi.pool.figures }

    /// How ready the connections to `host` (scheme, host and port) are.
    package func warmth(of host: String) -> PoolWarmth { multi.pool.warmth(of: host) }

    /// Called when a host closes its last connection: host, and how many milliseconds that connection was idle.
    package var onIdleClose: @Loop (String, Int) -> Void {
        get { multi.pool.onIdleClose }
        set { multi.pool.onIdleClose = newValue }
    }

    /// Called with each host whose connections were retired because the machine was suspended or its network changed.
    package var onRetire: @Loop (String) -> Void {
        get { multi.pool.onRetire }
        set { multi.pool.onRetire = newValue }
    }

    /// Removes a finished or cancelled transfer from libcurl and keeps its handle for reuse.
    func recycle(_ easy: CurlEasy) {
        easy.ended()
        multi.remove(easy)
        easy.exchange = nil
        easy.dropBody()
        if let host = easy.host, easy.generation != host.generation { multi.pool.closeRetired(host) }
        if spareHandles.count < Self.spareHandleLimit { spareHandles.append(easy) }
    }
}

/// Connection figures for one host since the start.
package struct PoolHost: Sendable, Equatable {
    /// Scheme, host and port.
    package let name: String
    package let open: Int
    /// Open connections that no transfer uses.
    package let idle: Int
    /// Connections opened.
    package let handshakes: Int
    /// Transfers that reused a connection.
    package let reused: Int
    /// `http/1.1` or `h2`; nil before the first reply.
    package let version: String?
    /// When the last connection was opened and the name resolved, in seconds since 1970; nil before the first.
    package let connectedAt: Int?
}

/// How ready the connections to one host are, for deciding whether to warm one up.
package struct PoolWarmth: Sendable, Equatable {
    /// Open connections.
    package var open: Int
    /// Running transfers.
    package var active: Int
    /// Milliseconds since the last transfer ended.
    package var idleMilliseconds: Int
    /// An idle connection is not reused after this many milliseconds.
    package var usableMilliseconds: Int

    package init(open: Int, active: Int, idleMilliseconds: Int, usableMilliseconds: Int) {
        self.open = open
        self.active = active
        self.idleMilliseconds = idleMilliseconds
        self.usableMilliseconds = usableMilliseconds
    }
}
