/// What a request wishes and a model does not take: left out, each named once in `warnings`.
struct Omissions {
    let provider: String
    private let name: String
    let refused: ParameterSet
    private(set) var warnings: [String] = []
    /// Most warnings of one request: a client that needs more knows by then.
    private static let warningLimit = 64

    init(_ provider: String, _ model: String, refused: ParameterSet) {
        self.provider = provider
        name = model
        self.refused = refused
    }

    /// `provider/model`.
    var model: String { "\(provider)/\(name)" }

    /// Whether `parameter`, which the request carries, may be sent; warns if not.
    mutating func takes(_ parameter: Parameter) -> Bool {
        guard refused.contains(parameter) else { return true }
        warn("\(model) does not take \(parameter.word): it was left out")
        return false
    }

    /// `value` if it may be sent. `default` is left out without a warning: that is what the model does anyway.
    mutating func unless<T: Equatable>(_ parameter: Parameter, _ value: T?, default: T? = nil) -> T? {
        guard let value else { return nil }
        if refused.contains(parameter), value == `default` { return nil }
        return takes(parameter) ? value : nil
    }

    mutating func warn(_ sentence: String) {
        guard warnings.count < Self.warningLimit, !warnings.contains(sentence) else { return }
        warnings.append(warnings.count + 1 == Self.warningLimit ? "\(model): there is more of this kind" : sentence)
    }
}
