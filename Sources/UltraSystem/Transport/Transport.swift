package import UltraAPI

/// All upstream traffic: one libcurl multi handle on the loop, and the easy handles that wait to be used again.
@Loop
package final class Transport {
    let multi: CurlMulti
    private let settings: TransportSettings
    private var spareHandles: [CurlEasy] = []

    /// Easy handles kept for reuse; each holds a few kilobytes.
    static let spareHandleLimit = 64

    package init(_ settings: TransportSettings) throws(TransportError) {
        self.settings = settings
        multi = try CurlMulti(settings)
    }

    /// Starts sending `request`. Failures, refused arguments included, surface in the exchange.
    package func start(_ request: HTTPRequest, _ timeouts: ExchangeTimeouts) -> Exchange {
        guard let easy = spareHandles.popLast() ?? CurlEasy(settings, multi) else {
            return Exchange(failed: TransportError(.internal, .queued, "out of memory"))
        }
        easy.prepare(request, connectTimeout: timeouts.connect, settings)
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

    /// Takes a finished or cancelled transfer out of libcurl and keeps its handle.
    func recycle(_ easy: CurlEasy) {
        easy.ended()
        multi.remove(easy)
        easy.exchange = nil
        easy.dropBody()
        if spareHandles.count < Self.spareHandleLimit { spareHandles.append(easy) }
    }
}
