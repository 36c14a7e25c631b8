internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// A connection to each provider that is ready when it is needed: from the start, and for as long as the daemon runs.
@Loop
final class WarmPool {
    /// By scheme, host and port.
    private var warmers: [String: Warmer] = [:]

    /// Looks after the hosts of these providers, and no others any more.
    func follow(_ providers: [ProviderState], of daemon: Daemon) {
        stop()
        var hosts: [String: (request: HTTPRequest, providers: [ProviderState])] = [:]
        for provider in providers {
            guard let request = Self.request(provider) else { continue }
            hosts[request.origin, default: (request, [])].providers.append(provider)
        }
        warmers = hosts.mapValues { Warmer($0.request, $0.providers, daemon) }
        daemon.transport.onIdleClose = { [weak self] host, idle in self?.warmers[host]?.lost(afterIdle: idle) }
        daemon.transport.onRetire = { [weak self] host in self?.warmers[host]?.retired() }
        for warmer in warmers.values { warmer.start() }
    }

    func stop() {
        for warmer in warmers.values { warmer.stop() }
        warmers = [:]
    }

    /// What a connection is kept with; nil where there is nothing to gain, as on this machine, or nothing to be sent.
    private static func request(_ provider: ProviderState) -> HTTPRequest? {
        guard provider.settings.isEnabled, provider.settings.isKeptWarm, !provider.isLocal,
            provider.provider.missingKeyVariables.isEmpty,
            case .http(let endpoint, _) = provider.provider.backend
        else { return nil }
        return HTTPRequest(method: .head, url: endpoint.base)
    }
}
