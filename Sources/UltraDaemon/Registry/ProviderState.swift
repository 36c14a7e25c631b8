package import UltraAPI
package import UltraProviders
internal import Glibc
internal import UltraSystem

/// A provider as it is now: what was configured, what was seen of it, what it lists.
@Loop
package final class ProviderState {
    package let provider: Provider
    package internal(set) var models: [DiscoveredModel]
    package private(set) var evidence = ProviderEvidence()
    /// When the state last changed, in seconds since 1970.
    package private(set) var stateSince: Int
    package internal(set) var inFlight = 0
    package private(set) var lastFailure: UltraError?
    /// Models that answered from live traffic.
    package private(set) var generated: [String: Evidence] = [:]
    /// The list endpoint answered with a list.
    package internal(set) var listed = Evidence()
    package private(set) var consecutiveFailures = 0
    /// Seconds since 1970.
    package internal(set) var nextProbeAt: Int?
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

    package var id: String { provider.id }
    package var isLocal: Bool { provider.isLocal }

    package var availability: Availability {
        if case .mock = provider.backend { return .available }
        return provider.missingKeyVariables.isEmpty ? evidence.availability : .needsKey
    }

    /// `set`, `missing` or `refused`, as `status` says it.
    package var keyState: String {
        if !provider.missingKeyVariables.isEmpty { return "missing" }
        return evidence.authorised.holds == false ? "refused" : "set"
    }

    /// The adapter with the key whose turn it is.
    func adapter() throws(UltraError) -> any Adapter {
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
