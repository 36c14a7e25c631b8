internal import UltraAPI
internal import UltraProviders

extension Registry {
    /// Applies a reloaded configuration.
    ///
    /// 1. A provider with the same host and keys keeps its state and gets its new settings.
    /// 2. A provider with the same host and other keys is replaced by a new one that inherits the host's state, because
    ///    requests in flight refer to the old keys by index.
    /// 3. A provider with another host is replaced by a new one without state.
    /// 4. A provider that is no longer configured completes its requests in flight and is no longer listed.
    func adopt(_ configuration: Configuration) {
        let now = WallClock.now
        replace(configuration) { provider in
            let identity = ProviderIdentity(provider)
            guard let old = self.provider(provider.id), ProviderIdentity(old.provider).isSameHost(as: identity) else {
                return ProviderState(provider, self, now: now)
            }
            let known = ProviderIdentity(old.provider)
            if known == identity {
                old.adopt(provider, at: now)
                return old
            }
            let state = ProviderState(provider, self, gate: old.gate, now: now)
            state.succeed(old, keys: identity.origins(in: known), at: now)
            state.adoptLimits()
            return state
        }
        for provider in providers { note(provider, nil, reason: "configuration") }
    }
}

/// The host and keys of a provider. Evidence about a provider stays valid while its identity is unchanged.
struct ProviderIdentity: Equatable {
    private enum Host: Equatable {
        case endpoint(Endpoint)
        case command
        case mock
    }

    private let host: Host
    /// One element per adapter; nil: it sends no key.
    private let keys: [Secret?]

    init(_ provider: Provider) {
        switch provider.backend {
        case .http(let endpoint, let adapters):
            host = .endpoint(endpoint)
            keys = adapters.map(\.key)
        case .command:
            host = .command
            keys = []
        case .mock:
            host = .mock
            keys = []
        }
    }

    func isSameHost(as other: ProviderIdentity) -> Bool { host == other.host }

    /// For each key, its index in `old`; nil: the key is new.
    func origins(in old: ProviderIdentity) -> [Int?] {
        keys.map { key in old.keys.firstIndex(of: key) }
    }
}
