internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Keeps an idle connection to each provider open, so that a request need not wait for DNS, TCP and TLS.
@Loop
final class WarmPool {
    /// By origin: scheme, host and port.
    private var warmers: [String: Warmer] = [:]

    /// Replaces the set of providers whose hosts are kept warm.
    func follow(_ providers: [ProviderState], in context: ProbeContext) {
        stop()
        var hosts: [String: (request: HTTPRequest, providers: [ProviderState])] = [:]
        for provider in providers {
            guard let request = Self.request(provider) else { continue }
            hosts[request.origin, default: (request, [])].providers.append(provider)
        }
        warmers = hosts.mapValues { Warmer($0.request, $0.providers, context) }
        context.transport.onIdleClose = { [weak self] host, idle in self?.warmers[host]?.lost(afterIdle: idle) }
        context.transport.onRetire = { [weak self] host in self?.warmers[host]?.retired() }
        for warmer in warmers.values { warmer.start() }
    }

    func stop() {
        for warmer in warmers.values { warmer.stop() }
        warmers = [:]
    }

    /// The request that opens a connection; nil: the provider is disabled, local or without a key, or `warm` is false.
    private static func request(_ provider: ProviderState) -> HTTPRequest? {
        guard provider.settings.isEnabled, provider.settings.isKeptWarm, !provider.isLocal,
            provider.provider.missingKeyVariables.isEmpty,
            case .http(let endpoint, _) = provider.provider.backend
        else { return nil }
        return HTTPRequest(method: .head, url: endpoint.base)
    }
}

/// Keeps one connection to a host open. Requests and probes do so already; when there are none, it sends a HEAD request
/// without a key to the API's base URL. The reply is ignored and is not evidence about the provider.
@Loop
final class Warmer {
    private static let timeouts = ExchangeTimeouts(connect: .seconds(5), total: .seconds(10))

    /// The origin: scheme, host and port.
    let host: String
    private let request: HTTPRequest
    /// The providers whose API is on this host.
    private let providers: [ProviderState]
    private let context: ProbeContext
    private var schedule = WarmSchedule()
    private let timer = Timer {}
    private var warming: Task<Void, Never>?

    init(_ request: HTTPRequest, _ providers: [ProviderState], _ context: ProbeContext) {
        self.request = request
        self.providers = providers
        self.context = context
        host = request.origin
        timer.onFire = { [unowned self] in update() }
    }

    isolated deinit {
        timer.cancel()
    }

    private var settings: HealthSettings { context.configuration.health }
    private var warmth: PoolWarmth { context.transport.warmth(of: host) }

    /// Opens the first connection, or waits for the first probe to do so.
    func start() {
        guard providers.contains(where: \.canBeProbed) else { return update() }
        timer.arm(after: settings.retryInterval)
    }

    func stop() {
        timer.cancel()
        warming?.cancel()
    }

    /// The host closed the last connection, which had been idle for `milliseconds`.
    func lost(afterIdle milliseconds: Int) {
        schedule.lost(afterIdle: milliseconds, at: WallClock.now, settings)
        update()
    }

    /// The daemon itself closed the connections.
    func retired() {
        update()
    }

    /// Opens or uses a connection if the schedule says so, and arms the timer for the next step.
    private func update() {
        guard warming == nil else { return }
        let warmth = warmth
        // No provider on this host would get a request now.
        guard providers.contains(where: mayGetRequests) else {
            return timer.arm(after: .milliseconds(WarmSchedule.interval(warmth)))
        }
        switch schedule.next(warmth, at: WallClock.now) {
        case .wait(let milliseconds):
            timer.arm(after: .milliseconds(milliseconds))
        case .warm:
            if warmth.open > 0 { schedule.kept() }
            warming = Loop.spawn { [self] in
                await send()
                warming = nil
                if !Task.isCancelled { update() }
            }
        }
    }

    private func mayGetRequests(_ provider: ProviderState) -> Bool {
        guard provider.availability(at: WallClock.now) != .unauthorized else { return false }
        return !provider.canBeProbed || provider.lastProbe?.error == nil
    }

    private func send() async {
        let exchange = context.transport.start(request, Self.timeouts)
        do throws(TransportError) {
            _ = try await exchange.head()
            var bytes: [UInt8] = []
            while try await exchange.read(into: &bytes) {}
        } catch {
            // The next request or probe fails the same way and reports it.
        }
        schedule.sent(isOpen: warmth.open > 0, at: WallClock.now, settings)
    }
}
