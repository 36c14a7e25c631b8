internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Keeps one connection to a host ready: probes and requests do, and where there are none it asks for the head of the
/// API's address, without a key. What the host says to that is of no interest, and no evidence.
@Loop
final class Warmer {
    private static let timeouts = ExchangeTimeouts(connect: .seconds(5), total: .seconds(10))

    /// Scheme, host and port.
    let host: String
    private let request: HTTPRequest
    /// Those whose API is there.
    private let providers: [ProviderState]
    private unowned let daemon: Daemon
    private var schedule = WarmSchedule()
    private let timer = Timer {}
    private var asking: Task<Void, Never>?

    init(_ request: HTTPRequest, _ providers: [ProviderState], _ daemon: Daemon) {
        self.request = request
        self.providers = providers
        self.daemon = daemon
        host = request.origin
        timer.onFire = { [unowned self] in look() }
    }

    isolated deinit {
        timer.cancel()
    }

    private var settings: HealthSettings { daemon.configuration.health }
    private var warmth: PoolWarmth { daemon.transport.warmth(of: host) }

    /// Makes the first connection, unless a probe is about to.
    func start() {
        guard providers.contains(where: \.canBeProbed) else { return look() }
        timer.arm(after: settings.retryInterval)
    }

    func stop() {
        timer.cancel()
        asking?.cancel()
    }

    /// The host closed the last connection.
    func lost(afterIdle milliseconds: Int) {
        schedule.lost(afterIdle: milliseconds, at: WallClock.now, settings)
        look()
    }

    /// The connections were given up, which says nothing of the host.
    func retired() {
        look()
    }

    private func look() {
        guard asking == nil else { return }
        let warmth = warmth
        // Where requests are not sent, or probes find nobody, there is nothing to be ready for.
        guard providers.contains(where: mayBeAsked) else {
            return timer.arm(after: .milliseconds(WarmSchedule.interval(warmth)))
        }
        switch schedule.next(warmth, at: WallClock.now) {
        case .wait(let milliseconds):
            timer.arm(after: .milliseconds(milliseconds))
        case .warm:
            if warmth.open > 0 { schedule.kept() }
            asking = Loop.spawn { [self] in
                await ask()
                asking = nil
                if !Task.isCancelled { look() }
            }
        }
    }

    private func mayBeAsked(_ provider: ProviderState) -> Bool {
        guard provider.availability(at: WallClock.now) != .unauthorized else { return false }
        return !provider.canBeProbed || provider.lastProbe?.error == nil
    }

    private func ask() async {
        let exchange = daemon.transport.start(request, Self.timeouts)
        do throws(TransportError) {
            _ = try await exchange.head()
            var bytes: [UInt8] = []
            while try await exchange.read(into: &bytes) {}
        } catch {
            // The next request or probe meets the same, and tells of it: ignoring.
        }
        schedule.asked(isOpen: warmth.open > 0, at: WallClock.now, settings)
    }
}
