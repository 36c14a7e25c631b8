internal import UltraProviders

/// Who may answer a request.
struct Candidate {
    enum Target {
        case mock(Mock)
        case upstream
    }

    let provider: ProviderState
    let model: ModelState
    let target: Target

    /// `provider/model`.
    var id: String { model.id }
    /// The model as the provider calls it.
    var name: String { model.name }
}
