internal import UltraAPI

/// The dialects' words for the amount of reasoning.
enum EffortWord: String, CaseIterable {
    case none, minimal, low, medium, high, xhigh, max

    init(_ fields: inout RequestFields) throws(UltraError) {
        self = try fields.choice(Self.allCases)
    }

    var effort: Reasoning.Effort? {
        switch self {
        case .none: nil
        case .minimal: .minimal
        case .low: .low
        case .medium: .medium
        case .high, .xhigh, .max: .high
        }
    }

    var reasoning: Reasoning? { effort.map { Reasoning(effort: $0) } }

    /// - Parameter member: The name of the member that contains the word.
    func warning(_ member: String) -> String? {
        switch self {
        case .minimal, .low, .medium, .high: nil
        case .none: "\(member) none was left out: the model reasons as it does by default"
        case .xhigh, .max: "\(member) \(rawValue) became high"
        }
    }
}
