internal import UltraAPI
internal import UltraProviders
internal import Glibc
internal import UltraSystem

/// A provider as it is now: what was configured, what was seen of it, what it lists.
@Loop
final class ProviderState {
    let provider: Provider
    var models: [DiscoveredModel]
    private(set) var evidence = ProviderEvidence()
    /// When the state last changed, in seconds since 1970.
    private(set) var stateSince: Int
    var inFlight = 0
    private(set) var lastFailure: UltraError?
    /// Models that answered from live traffic.
    private(set) var generated: [String: Evidence] = [:]
    /// The list endpoint answered with a list.
    var listed = Evidence()
    private(set) var consecutiveFailures = 0
    /// Seconds since 1970.
    var nextProbeAt: Int?
    private var nextAdapter = 0

    init(_ provider: Provider) {
        self.provider = provider
        stateSince = time(nil)
        if case .mock = provider.backend {
            models = Mock.models.map {
                var model = DiscoveredModel(id: $0)
                model.kind = .chat
                model.capabilities = [.chat, .streaming]
                return model
            }
        } else {
            models = []
        }
    }

    var id: String { provider.id }
    /// There is a host behind it.
    var isUpstream: Bool {
        if case .mock = provider.backend { false } else { true }
    }

    var isLocal: Bool { provider.isLocal }

    var availability: Availability {
        if case .mock = provider.backend { return .available }
        return provider.missingKeyVariables.isEmpty ? evidence.availability : .needsKey
    }

    /// `set`, `missing` or `refused`, as `status` says it.
    var keyState: String {
        if !provider.missingKeyVariables.isEmpty { return "missing" }
        return evidence.authorised.holds == false ? "refused" : "set"
    }

    /// The adapter with the key whose turn it is.
    func adapter() throws(UltraError) -> any Adapter {
        if case .command = provider.backend {
            throw UltraError(.internal, "\(provider.displayName) is reached by its program", provider: id)
        }
        guard case .http(_, let adapters) = provider.backend, !adapters.isEmpty else { throw needsKey }
        defer { nextAdapter = (nextAdapter + 1) % adapters.count }
        return adapters[nextAdapter % adapters.count]
    }

    /// Learns from the outcome of a call; nil is success.
    func record(_ error: UltraError?, by source: Evidence.Source, model: String? = nil) {
        let before = availability
        evidence.record(error, at: time(nil), by: source)
        if let model, error == nil { generated[model] = Evidence(true, at: time(nil), by: source) }
        if error == nil {
            consecutiveFailures = 0
        } else if error?.code != .cancelled {
            consecutiveFailures += 1
            lastFailure = error
        }
        if availability != before { stateSince = time(nil) }
    }

    private var needsKey: UltraError {
        let variables = provider.missingKeyVariables.joined(separator: " or ")
        return UltraError(
            .authentication, "\(provider.displayName) has no key", hint: "set \(variables) and start ultrad again",
            provider: id)
    }
}
