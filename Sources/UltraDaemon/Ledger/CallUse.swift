internal import UltraAPI

/// The part of a request's record that is gathered while it runs.
struct CallUse {
    var operation = OperationName.generate
    /// As the client wrote it.
    var modelAsked: String?
    var tags: [String] = []
    /// The first candidate, until one has answered.
    var firstModel = ""
    /// Attempts that failed after their provider had reported usage.
    var failed: [(usage: Usage, costMicroUSD: Int?)] = []
    /// The estimate of input tokens at admission.
    var admittedInput = 0
    /// The use of its attempts; kept only if a budget applies.
    var attempts = UseOfAttempts()
    /// The budgets' reservation for it.
    var pass: Budgets.Pass?
    /// The answer's state in the cache, if it is fetched upstream.
    var cache = Answer.CacheState.off

    init() {}

    init(_ operation: OperationName, _ model: String?, _ tags: [String]) {
        self.operation = operation
        modelAsked = model
        self.tags = tags
    }
}
