package import UltraAPI

/// All upstream traffic: one libcurl multi handle on the loop, and the easy handles that wait to be used again.
@Loop
package final class Transport {
    let multi: CurlMulti
    private let settings: TransportSettings
    private var spareHandles: [CurlEasy] = []
    private var network: NetworkWatch?

    /// Easy handles kept for reuse; each holds a few kilobytes.
    static let spareHandleLimit = 64

    package init(_ settings: TransportSettings) throws(TransportError) {
        self.settings = settings
        multi = try CurlMulti(settings)
        network = NetworkWatch { [pool = multi.pool] in pool.retireAll() }
    }

    /// Starts sending `request`. Failures, refused arguments included, surface in the exchange.
    /// - Parameter isFresh: on a connection of its own making, whichever are there.
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

    /// The connections by host.
    package var pool: [PoolHost] { multi.pool.figures }

    /// How ready those to `host` (scheme, host and port) are.
    package func warmth(of host: String) -> PoolWarmth { multi.pool.warmth(of: host) }

    /// Told of each host that closes the last connection to it, and for how many milliseconds that was idle.
    package var onIdleClose: @Loop (String, Int) -> Void {
        get { multi.pool.onIdleClose }
        set { multi.pool.onIdleClose = newValue }
    }

    /// Told of each host whose connections were given up because the machine slept or its network changed.
    package var onRetire: @Loop (String) -> Void {
        get { multi.pool.onRetire }
        set { multi.pool.onRetire = newValue }
    }

    /// Takes a finished or cancelled transfer out of libcurl and keeps its handle.
    func recycle(_ easy: CurlEasy) {
        easy.ended()
        multi.remove(easy)
        easy.exchange = nil
        easy.dropBody()
        if let host = easy.host, easy.generation != host.generation { multi.pool.closeRetired(host) }
        if spareHandles.count < Self.spareHandleLimit { spareHandles.append(easy) }
    }
}
