/// Collects the parameters a request sets but its model does not accept. Each is left out and named once in `warnings`.
struct Omissions {
    let provider: String
    private let name: String
    let refused: ParameterSet
    private(set) var warnings: [String] = []
    /// The maximum number of warnings for one request.
    private static let warningLimit = 64

    init(_ provider: String, _ model: String, refused: ParameterSet) {
        self.provider = provider
        name = model
        self.refused = refused
    }

    /// The full name, `provider/model`.
    var model: String { "\(provider)/\(name)" }

    /// True if `parameter` may be sent. Adds a warning if not. Call it only for parameters that the request sets.
    mutating func accepts(_ parameter: Parameter) -> Bool {
        guard refused.contains(parameter) else { return true }
        warn("\(model) does not take \(parameter.word): it was left out")
        return false
    }

    /// Returns `value` if the parameter may be sent, else nil. A value equal to `default` is dropped without a warning,
    /// because the model behaves that way anyway.
    mutating func accepted<T: Equatable>(_ parameter: Parameter, _ value: T?, default: T? = nil) -> T? {
        guard let value else { return nil }
        if refused.contains(parameter), value == `default` { return nil }
        return accepts(parameter) ? value : nil
    }

    mutating func warn(_ sentence: String) {
        guard warnings.count < Self.warningLimit, !warnings.contains(sentence) else { return }
        warnings.append(warnings.count + 1 == Self.warningLimit ? "\(model): further warnings were dropped" : sentence)
    }
}
