internal import UltraProviders

/// Who may answer a request.
struct Candidate {
    enum Target {
        case mock(Mock)
        case upstream(ProviderState)
    }

    /// `provider/model`.
    var id: String
    var provider: String
    /// The model as the provider calls it.
    var name: String
    var target: Target
}
