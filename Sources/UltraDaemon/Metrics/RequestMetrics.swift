internal import UltraAPI

/// The counts of requests for `metrics`, since the start. Integers in arrays, so that counting takes some nanoseconds.
struct RequestMetrics: Sendable {
    /// The most models that are counted by name. Names come from clients, so further ones are counted together as
    /// `other`.
    static let modelLimit = 500
    static let otherModels = "other"

    private static let operations = OperationName.allCases
    private static let outcomes = ErrorCode.allCases
    private static let timed: [OperationName] = [.generate, .stream, .embed]

    /// The value of the label `op` for requests that were refused before their operation was known.
    static let unknownOperation = "unknown"

    /// By operation, those of no known one last, then by outcome: success first, then the error codes in order.
    private var ended = [[Int]](
        repeating: [Int](repeating: 0, count: outcomes.count + 1), count: operations.count + 1)
    private var durations = [Histogram](repeating: Histogram(), count: timed.count)
    private var firstTokens = [Histogram](repeating: Histogram(), count: timed.count)
    private(set) var models: [String: ModelCounts] = [:]
    /// Attempts with the same candidate as before.
    private(set) var retries = 0
    /// Attempts with another candidate than before.
    private(set) var fallbacks = 0

    /// Counts a request of any operation; `failure` is nil if it succeeded.
    /// - Parameter operation: nil: the request was refused before it was known.
    mutating func ended(_ operation: OperationName?, _ failure: ErrorCode?, nanoseconds: UInt64) {
        let row = operation.flatMap { Self.operations.firstIndex(of: $0) } ?? Self.operations.count
        let column = failure.flatMap { Self.outcomes.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        ended[row][column] += 1
        guard let operation, let index = Self.timed.firstIndex(of: operation) else { return }
        durations[index].observe(nanoseconds: nanoseconds)
    }

    /// Counts a request that reached a model.
    /// - Parameter isKnown: true if a provider lists the model, or it has answered; any other name is counted as
    ///   `other`.
    mutating func ended(_ operation: OperationName, _ answer: Answer, _ error: UltraError?, isKnown: Bool = true) {
        if let first = answer.timing.firstToken, error == nil, let index = Self.timed.firstIndex(of: operation) {
            firstTokens[index].observe(nanoseconds: UInt64(max(0, first) * 1e6))
        }
        // The work of a shared answer is counted with the request that fetched it.
        guard answer.cache == .off || answer.cache == .miss else { return }
        count(error?.attempts ?? answer.attempts)
        let model = error?.model ?? answer.model
        let provider = error?.provider ?? answer.provider
        guard !model.isEmpty, !provider.isEmpty, provider != "ultrad" else { return }
        let place = place(of: model, provider, isKnown: isKnown)
        if error == nil { models.values[place].answered += 1 } else { models.values[place].failed += 1 }
        models.values[place].add(answer.usage, costMicroUSD: answer.costMicroUSD)
    }

    /// The place of the counts of a model in `models`, where they are made if missing.
    private mutating func place(
        of model: String, _ provider: String, isKnown: Bool
    ) -> Dictionary<String, ModelCounts>.Index {
        if let place = models.index(forKey: model) { return place }
        let isNamed = isKnown && models.count < Self.modelLimit
        let key = isNamed ? model : Self.otherModels
        if models[key] == nil {
            models[key] = ModelCounts(provider: isNamed ? provider : Self.otherModels, model: key)
        }
        return models.index(forKey: key) ?? models.startIndex
    }

    private mutating func count(_ attempts: [Attempt]) {
        guard attempts.count > 1 else { return }
        for (last, next) in zip(attempts, attempts.dropFirst()) {
            if next.model != last.model {
                fallbacks += 1
            } else if last.skipped == nil, next.skipped == nil {
                retries += 1
            }
        }
    }

    // MARK: - Reading

    /// The counts by operation and outcome, without zeros.
    var outcomes: [(operation: String, outcome: String, count: Int)] {
        zip(Self.operations.map(\.rawValue) + [Self.unknownOperation], ended).flatMap { operation, row in
            row.enumerated().filter { $0.element > 0 }.map { column, count in
                (operation, column == 0 ? "ok" : Self.outcomes[column - 1].rawValue, count)
            }
        }
    }

    var durationsByOperation: [(operation: OperationName, histogram: Histogram)] {
        zip(Self.timed, durations).map { ($0, $1) }
    }

    /// Without `embed`, which has no first token.
    var firstTokensByOperation: [(operation: OperationName, histogram: Histogram)] {
        zip(Self.timed, firstTokens).filter { $0.0 != .embed }.map { ($0, $1) }
    }
}
