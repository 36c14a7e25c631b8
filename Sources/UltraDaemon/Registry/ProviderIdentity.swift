internal import UltraAPI
internal import UltraProviders

/// What must be the same for what was seen of a provider to hold on: the host, and the keys it is asked with.
struct ProviderIdentity: Equatable {
    private enum Host: Equatable {
        case endpoint(Endpoint)
        case command
        case mock
    }

    private let host: Host
    /// nil: asked without a key.
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

    /// For each key the number that it has in `old`; nil: it is not among those.
    func origins(in old: ProviderIdentity) -> [Int?] {
        keys.map { key in old.keys.firstIndex(of: key) }
    }
}
