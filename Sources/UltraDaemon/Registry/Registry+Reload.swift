internal import UltraProviders

/// The registry under another configuration.
extension Registry {
    /// Takes over `configuration`.
    ///
    /// 1. The same host with the same keys stays, with all that was seen of it, under its new settings.
    /// 2. The same host with other keys is a new provider with what was seen of the host: requests in flight know the
    ///    old keys by their numbers.
    /// 3. Another host is a new provider of which nothing is known.
    /// 4. What is not configured any more finishes what it has, out of sight.
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
